#include "vamen_error.h"

#include <string.h>

#include "vamen.h"

static _Thread_local char error_text[2048];

const char *vamen_error_text(void) { return error_text; }

void vamen_set_error_text(const char *text) {
  strncpy(error_text, text, sizeof error_text - 1);
  error_text[sizeof error_text - 1] = 0;
}

vamen_options vamen_default_options(void) {
  vamen_options options = {0};
  options.temperature = 1;
  options.iterations = 32;
  return options;
}
