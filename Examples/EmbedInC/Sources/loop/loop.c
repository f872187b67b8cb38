/* Draws a loop and writes its samples as raw 32-bit floats: loop MODEL SEED OUT.raw */
#include <stdio.h>
#include <stdlib.h>

#include "vamen.h"

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: loop MODEL.safetensors SEED OUT.raw\n");
    return 2;
  }
  vamen_generator *generator;
  if (vamen_create_from_file(arguments[1], NULL, &generator) != VAMEN_OK) {
    fprintf(stderr, "%s\n", vamen_error_text());
    return 1;
  }
  vamen_options options = vamen_default_options();
  options.seed = strtoull(arguments[2], NULL, 10);
  size_t length = vamen_loop_sample_count(generator, options.bpm);
  float *loop = malloc(length * sizeof *loop);
  FILE *file = fopen(arguments[3], "wb");
  if (vamen_generate(generator, &options, 1, loop, length, NULL) != VAMEN_OK) {
    fprintf(stderr, "%s\n", vamen_error_text());
    return 1;
  }
  if (file == NULL || fwrite(loop, sizeof *loop, length, file) != length || fclose(file) != 0) {
    perror(arguments[3]);
    return 1;
  }
  printf(
      "%zu samples at %g Hz, %g bars at %g bpm\n", length, vamen_sample_rate(generator),
      vamen_bars(generator), vamen_tempo(generator, options.bpm));
  free(loop);
  vamen_free(generator);
  return 0;
}
