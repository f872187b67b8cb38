// The projection onto magnitudes, compiled once per instruction set. The twin of
// Shaders/include/magnitude_projection.glsl.
#pragma once
#include "Elementwise.h"
#include <float.h>

/// c with the given magnitudes, in place.
INLINE void set_magnitude(
    const CMatrixMagnitudes *p, Vector magnitude, Vector *restrict a, Vector *restrict b) {
  const Vector softened = p->squared_softness * magnitude * magnitude;
  const Vector energy = *a * *a + *b * *b + softened;
#if REPRODUCIBLE
  // Parts of smaller ones may be subnormal.
  const Bits is_zero = energy < 0x1p-96f;
  const Vector scale = p->gain * magnitude * estimated_inverse_root(energy);
  *a = chosen_vector(is_zero, magnitude, *a * scale);
  *b = chosen_vector(is_zero, vector_of(0), *b * scale);
#else
  const Vector length = __builtin_elementwise_sqrt(energy), tiny = (Vector){0} + FLT_MIN;
  const Vector scale = p->gain * magnitude / chosen_vector(length > tiny, length, tiny);
  *a = chosen_vector(length > (Vector){0}, *a * scale, magnitude);
  *b *= scale;
#endif
}

static void project_magnitudes(const CMatrixMagnitudes *p, ptrdiff_t row) {
  const ptrdiff_t bins = p->bins;
  const float *magnitudes = p->magnitudes + row * bins;
  const float *current = p->current + row % p->period * 2 * bins;
  const float *previous = p->previous + row % p->period * 2 * bins;
  float *result = p->result + row * 2 * bins;
  for (ptrdiff_t k = 0; k < bins; k += LANES) {
    const ptrdiff_t count = smaller(bins - k, LANES);
    const Vector a0 = load_few(previous + k, count), b0 = load_few(previous + bins + k, count);
    Vector a = a0 + p->step * (load_few(current + k, count) - a0);
    Vector b = b0 + p->step * (load_few(current + bins + k, count) - b0);
    set_magnitude(p, load_few(magnitudes + k, count), &a, &b);
    store_few(a, result + k, count);
    store_few(b, result + bins + k, count);
  }
}
