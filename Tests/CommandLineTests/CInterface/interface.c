/* Uses every function of vamen.h, rightly and wrongly; C99 and C++. Arguments: a model file and a
 * file to write the samples of two loops to. Ends with status 0 if all is as the header says. */
#define _POSIX_C_SOURCE 200809L
#include "vamen.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int failures = 0;

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, vamen_error_text());  \
      failures += 1;                                                                            \
    }                                                                                           \
  } while (0)

/* For a call without a generator: its error text replaces another one. */
#define CHECK_MISSING(condition)                                                                \
  do {                                                                                          \
    vamen_generator *none = NULL;                                                               \
    CHECK(vamen_create_from_file("/nowhere/model", NULL, &none) == VAMEN_INVALID_MODEL);        \
    CHECK(condition);                                                                           \
    CHECK(strstr(vamen_error_text(), "the generator is NULL or was freed") != NULL);            \
  } while (0)

static void wait_milliseconds(long milliseconds) {
  struct timespec time;
  time.tv_sec = milliseconds / 1000;
  time.tv_nsec = milliseconds % 1000 * 1000000;
  nanosleep(&time, NULL);
}

/* A long request, to be cancelled. */
static void *request_much(void *argument) {
  vamen_generator *generator = (vamen_generator *)argument;
  vamen_options options = vamen_default_options();
  size_t length = vamen_loop_sample_count(generator, 0);
  float *samples = (float *)malloc(4 * length * sizeof *samples);
  vamen_status status;
  options.iterations = 2000;
  status = vamen_generate(generator, &options, 4, samples, 4 * length, NULL);
  if (status == VAMEN_CANCELLED && strstr(vamen_error_text(), "cancelled") == NULL) {
    status = VAMEN_FAILED;
  }
  free(samples);
  return (void *)(size_t)status;
}

/* The first loop of a seed, on a thread of its own. */
struct job {
  vamen_generator *generator;
  uint64_t seed;
  float *samples;
  size_t length;
  vamen_status status;
};

static void *draw_one(void *argument) {
  struct job *job = (struct job *)argument;
  vamen_options options = vamen_default_options();
  options.seed = job->seed;
  options.iterations = 2;
  job->status = vamen_generate(job->generator, &options, 1, job->samples, job->length, NULL);
  return NULL;
}

/* What every function says of a generator that is NULL or was freed. */
static void check_missing(vamen_generator *missing) {
  float sample = 42;
  size_t needed = 1;
  char text[16];
  CHECK_MISSING(vamen_sample_rate(missing) == 0);
  CHECK_MISSING(vamen_bars(missing) == 0);
  CHECK_MISSING(vamen_tempo(missing, 0) == 0);
  CHECK_MISSING(vamen_loop_sample_count(missing, 0) == 0);
  CHECK_MISSING(vamen_device(missing, NULL, 0) == sizeof "no generator");
  CHECK_MISSING(vamen_device(missing, text, sizeof text) == sizeof "no generator");
  CHECK(strcmp(text, "no generator") == 0);
  CHECK_MISSING(vamen_warm_up(missing, NULL) == VAMEN_INVALID_ARGUMENT);
  CHECK_MISSING(
      vamen_generate(missing, NULL, 1, &sample, 1, &needed) == VAMEN_INVALID_ARGUMENT);
  CHECK(needed == 0 && sample == 42);
}

static void check_mistakes(const char *path, vamen_generator *generator) {
  vamen_generator *other = (vamen_generator *)(size_t)1;
  vamen_options options = vamen_default_options();
  float sample = 42;
  size_t needed = 1;
  char text[8];

  CHECK(vamen_create_from_file(NULL, NULL, &other) == VAMEN_INVALID_ARGUMENT && other == NULL);
  CHECK(vamen_create_from_file(path, NULL, NULL) == VAMEN_INVALID_ARGUMENT);
  CHECK(vamen_create_from_file("/nowhere/model", NULL, &other) == VAMEN_INVALID_MODEL);
  CHECK(strstr(vamen_error_text(), "/nowhere/model") != NULL && other == NULL);
  CHECK(vamen_create_from_bytes(NULL, 8, NULL, &other) == VAMEN_INVALID_ARGUMENT);
  CHECK(vamen_create_from_bytes("not a model", 11, NULL, &other) == VAMEN_INVALID_MODEL);
  CHECK(vamen_create_from_bytes("", 0, NULL, &other) == VAMEN_INVALID_MODEL);
  CHECK(vamen_create_from_file(path, "no such card", &other) == VAMEN_OK);
  CHECK(vamen_warm_up(other, NULL) == VAMEN_DEVICE_FAILED);
  CHECK(strstr(vamen_error_text(), "no such card") != NULL);
  vamen_free(other);
  vamen_free(other);
  vamen_cancel(other);
  check_missing(other);
  vamen_free(NULL);
  vamen_cancel(NULL);
  check_missing(NULL);

  CHECK(vamen_generate(generator, NULL, 1, &sample, 1, &needed) == VAMEN_BUFFER_TOO_SHORT);
  CHECK(needed == vamen_loop_sample_count(generator, 0) && sample == 42);
  CHECK(vamen_generate(generator, NULL, 1, NULL, needed, NULL) == VAMEN_INVALID_ARGUMENT);
  CHECK(vamen_generate(generator, NULL, 0, NULL, 0, NULL) == VAMEN_OK);
  CHECK(
      vamen_generate(generator, NULL, (size_t)-1, &sample, (size_t)-1, NULL)
      == VAMEN_INVALID_ARGUMENT);
  options.bpm = 1e9;
  CHECK(vamen_generate(generator, &options, 1, &sample, 1, NULL) == VAMEN_INVALID_ARGUMENT);
  CHECK(vamen_loop_sample_count(generator, 1e9) == 0 && vamen_tempo(generator, NAN) == 0);
  options.bpm = 0;
  options.temperature = NAN;
  CHECK(
      vamen_generate(generator, &options, 1, &sample, (size_t)1 << 40, NULL)
      == VAMEN_INVALID_ARGUMENT);
  CHECK(vamen_device(generator, text, sizeof text) > sizeof text && strlen(text) == 7);
}

/* A request that fails, and of which only this thread hears. */
static void *fail_alone(void *argument) {
  struct job *job = (struct job *)argument;
  int is_silent = strcmp(vamen_error_text(), "") == 0;
  job->status = vamen_generate(job->generator, NULL, 1, job->samples, 1, NULL);
  if (!is_silent || strstr(vamen_error_text(), "a buffer of 1 floats") == NULL) {
    job->status = VAMEN_FAILED;
  }
  return NULL;
}

/* Requests of two generators of one model, from several threads at once. */
static void check_threads(
    vamen_generator *generator, vamen_generator *copy, size_t length, const float *expected) {
  pthread_t threads[4];
  struct job jobs[4];
  vamen_generator *none = NULL;
  float sample = 42;
  void *result = NULL;
  size_t index;
  for (index = 0; index < 4; index += 1) {
    jobs[index].generator = index % 2 == 0 ? generator : copy;
    jobs[index].seed = 7;
    jobs[index].samples = (float *)malloc(length * sizeof(float));
    jobs[index].length = length;
    pthread_create(&threads[index], NULL, draw_one, &jobs[index]);
  }
  for (index = 0; index < 4; index += 1) {
    pthread_join(threads[index], NULL);
    CHECK(jobs[index].status == VAMEN_OK);
    CHECK(memcmp(jobs[index].samples, expected, length * sizeof(float)) == 0);
    free(jobs[index].samples);
  }
  CHECK(vamen_create_from_file("/nowhere/model", NULL, &none) == VAMEN_INVALID_MODEL);
  jobs[0].samples = &sample;
  pthread_create(&threads[0], NULL, fail_alone, &jobs[0]);
  pthread_join(threads[0], NULL);
  CHECK(jobs[0].status == VAMEN_BUFFER_TOO_SHORT);
  CHECK(strstr(vamen_error_text(), "/nowhere/model") != NULL);
  pthread_create(&threads[0], NULL, request_much, generator);
  wait_milliseconds(300);
  vamen_cancel(generator);
  pthread_join(threads[0], &result);
  CHECK((vamen_status)(size_t)result == VAMEN_CANCELLED);
}

static void *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  void *bytes;
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file);
  rewind(file);
  bytes = malloc(*count);
  if (fread(bytes, 1, *count, file) != *count) exit(3);
  fclose(file);
  return bytes;
}

int main(int argument_count, char **arguments) {
  vamen_generator *generator = NULL;
  vamen_generator *copy = NULL;
  vamen_options options = vamen_default_options();
  size_t length, faster, needed = 0, byte_count = 0, index;
  float *loops, *again;
  float peak = 0;
  void *bytes;
  FILE *file;
  if (argument_count != 3) return 2;

  CHECK(strlen(vamen_version()) >= 5 && strcmp(vamen_error_text(), "") == 0);
  CHECK(vamen_create_from_file(arguments[1], "cpu", &generator) == VAMEN_OK);
  if (generator == NULL) return 1;
  length = vamen_loop_sample_count(generator, 0);
  faster = vamen_loop_sample_count(generator, 1.1 * vamen_tempo(generator, 0));
  CHECK(length > 0 && faster > 0 && faster < length);
  CHECK(
      fabs(240 * vamen_bars(generator) * vamen_sample_rate(generator) / (double)length
           - vamen_tempo(generator, 0)) < 1e-9);
  check_mistakes(arguments[1], generator);

  options.seed = 7;
  options.iterations = 2;
  loops = (float *)malloc(2 * length * sizeof *loops);
  again = (float *)malloc(2 * length * sizeof *again);
  CHECK(vamen_warm_up(generator, &options) == VAMEN_OK);
  CHECK(vamen_generate(generator, &options, 2, loops, 2 * length, &needed) == VAMEN_OK);
  CHECK(needed == 2 * length && memcmp(loops, loops + length, length * sizeof *loops) != 0);
  for (index = 0; index < needed; index += 1) {
    CHECK(isfinite(loops[index]) && fabsf(loops[index]) <= 1);
    if (fabsf(loops[index]) > peak) peak = fabsf(loops[index]);
  }
  CHECK(peak > 0.001f);
  options.first_index = 1;
  CHECK(vamen_generate(generator, &options, 1, again, length, NULL) == VAMEN_OK);
  CHECK(memcmp(again, loops + length, length * sizeof *loops) == 0);
  options.first_index = 0;

  bytes = read_file(arguments[1], &byte_count);
  CHECK(vamen_create_from_bytes(bytes, byte_count, "cpu", &copy) == VAMEN_OK);
  free(bytes);
  CHECK(vamen_generate(copy, &options, 2, again, 2 * length, NULL) == VAMEN_OK);
  CHECK(memcmp(again, loops, 2 * length * sizeof *loops) == 0);

  check_threads(generator, copy, length, loops);
  vamen_free(copy);
  vamen_free(generator);

  file = fopen(arguments[2], "wb");
  CHECK(file != NULL && fwrite(loops, sizeof *loops, 2 * length, file) == 2 * length);
  if (file != NULL) fclose(file);
  free(loops);
  free(again);
  printf("%d failures, %u samples per loop\n", failures, (unsigned)length);
  return failures == 0 ? 0 : 1;
}
