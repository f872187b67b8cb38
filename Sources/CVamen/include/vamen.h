/* vamen.h: draws drum loops from a trained model, for programs in C and C++.
 *
 *     vamen_generator *generator;
 *     if (vamen_create_from_file("breaks.safetensors", NULL, &generator) != VAMEN_OK) {
 *       fprintf(stderr, "%s\n", vamen_error_text());
 *       return 1;
 *     }
 *     vamen_options options = vamen_default_options();
 *     options.seed = 7;
 *     size_t count = vamen_loop_sample_count(generator, options.bpm);
 *     float *loop = malloc(count * sizeof *loop);
 *     if (vamen_generate(generator, &options, 1, loop, count, NULL) != VAMEN_OK) {
 *       fprintf(stderr, "%s\n", vamen_error_text());
 *     }
 *     vamen_free(generator);
 *
 * Link with the library vamen-c. Its functions may be called from any thread, several at a time;
 * requests of one generator take turns. They never crash on NULL, on buffers that are too short, nor
 * on generators that were freed: they return a status or 0, and vamen_error_text() says what is wrong
 * and what to do.
 *
 * Do not call these from a thread that must not wait, such as one that plays sound:
 *
 *     vamen_create_from_file, vamen_create_from_bytes   read and check a model
 *     vamen_device                                      may open the device
 *     vamen_warm_up, vamen_generate                     open the device and wait for it
 *     vamen_free                                        may close the device
 *
 * vamen_cancel, vamen_sample_rate, vamen_bars, vamen_tempo and vamen_loop_sample_count do not wait
 * for a device, but take locks and may allocate memory. vamen_version, after its first call,
 * vamen_default_options and vamen_error_text do neither. */
#ifndef VAMEN_H
#define VAMEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model on a device. */
typedef struct vamen_generator vamen_generator;

/* How a call ended. */
typedef enum vamen_status {
  VAMEN_OK = 0,
  /* NULL, a freed generator, or a number out of range. */
  VAMEN_INVALID_ARGUMENT = 1,
  /* The file is missing, damaged, no model, or newer than this library. */
  VAMEN_INVALID_MODEL = 2,
  /* There is no device of that name, or it failed. */
  VAMEN_DEVICE_FAILED = 3,
  VAMEN_OUT_OF_MEMORY = 4,
  /* The buffer is shorter than the samples asked for; nothing was computed. */
  VAMEN_BUFFER_TOO_SHORT = 5,
  VAMEN_CANCELLED = 6,
  VAMEN_FAILED = 7
} vamen_status;

/* What to draw; start from vamen_default_options(). */
typedef struct vamen_options {
  /* Equal seeds give equal loops, on every device. 0 */
  uint64_t seed;
  /* 1 as trained, less for loops nearer to the average; 0 to 10. 1 */
  double temperature;
  /* Latents beyond so many standard deviations are drawn again, 0.1 to 100; 0 for no limit. 0 */
  double truncation;
  /* Tempo at the same pitch, half to double the model's; 0 for the model's. 0 */
  double bpm;
  /* Iterations of phase retrieval, 0 to 10000: more are cleaner. 32 */
  uint32_t iterations;
  /* The loops drawn are those of this index and the following ones. 0 */
  uint32_t first_index;
} vamen_options;

/* The library's version, such as "0.1.0". */
const char *vamen_version(void);

/* What went wrong in the last call on this thread that failed; "" before the first. Valid until the
 * next call that fails on this thread. */
const char *vamen_error_text(void);

/* The options named above. */
vamen_options vamen_default_options(void);

/* Opens a model file. Reads and checks it; the device is opened by the first vamen_generate() or
 * vamen_warm_up().
 *
 * device: "cpu", the number of a Vulkan device or a part of its name; NULL for the best there is.
 * generator: takes the generator, NULL after a failure. To be freed with vamen_free(). */
vamen_status vamen_create_from_file(
    const char *path, const char *device, vamen_generator **generator);

/* Opens the bytes of a model file; they are copied. */
vamen_status vamen_create_from_bytes(
    const void *bytes, size_t byte_count, const char *device, vamen_generator **generator);

/* Lets a generator go, after the requests that it still works on. NULL and generators that were
 * freed before do nothing. */
void vamen_free(vamen_generator *generator);

/* Samples per second of all loops; 0 for no generator. */
double vamen_sample_rate(const vamen_generator *generator);

/* Bars of four beats of a loop; 0 for no generator. */
double vamen_bars(const vamen_generator *generator);

/* The tempo that loops asked for at a tempo really have: the nearest that whole samples allow; the
 * model's own for bpm 0. 0 for no generator or an impossible tempo. */
double vamen_tempo(const vamen_generator *generator, double bpm);

/* Samples of one loop at a tempo; at the model's own for bpm 0. 0 for no generator or an impossible
 * tempo. */
size_t vamen_loop_sample_count(const vamen_generator *generator, double bpm);

/* Copies the name of the device in use, and why it was chosen, into a buffer of so many bytes, cut to
 * fit and ended with a zero. Returns the bytes that the whole text takes, its zero included. Opens
 * the device. The text is "no generator" for want of one, and "none: " with the reason where the
 * device does not open. */
size_t vamen_device(const vamen_generator *generator, char *buffer, size_t capacity);

/* Opens the device, compiles and runs once what drawing one loop with these options takes, so that
 * the next request only computes. options may be NULL. */
vamen_status vamen_warm_up(vamen_generator *generator, const vamen_options *options);

/* Draws loops, one after the other, as samples of -1 to 1 that repeat without a seam.
 *
 * options: NULL for the default ones.
 * count: loops to draw, 0 to 1000000.
 * samples, capacity: a buffer of count times vamen_loop_sample_count() floats at least.
 * needed: if not NULL, takes the floats that the request needs, also when the buffer is too short. */
vamen_status vamen_generate(
    vamen_generator *generator, const vamen_options *options, size_t count, float *samples,
    size_t capacity, size_t *needed);

/* Ends the requests that other threads wait for now with VAMEN_CANCELLED: before their next batch, on
 * the CPU within a step of a program. Later requests are not affected. NULL and generators that were
 * freed do nothing. */
void vamen_cancel(vamen_generator *generator);

#ifdef __cplusplus
}
#endif

#endif
