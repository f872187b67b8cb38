/* For the library itself: what vamen_error_text() returns on this thread. */
#ifndef VAMEN_ERROR_H
#define VAMEN_ERROR_H

/* Copies a text, cut to 2047 bytes. */
void vamen_set_error_text(const char *text);

#endif
