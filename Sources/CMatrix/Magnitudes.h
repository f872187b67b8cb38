// The projection onto magnitudes, compiled once per instruction set.
#pragma once
#include "VectorMath.h"
#include <float.h>
#include <math.h>

static void project_magnitudes(const CMatrixMagnitudes *p, ptrdiff_t row) {
  const ptrdiff_t bins = p->bins;
  const float *magnitudes = p->magnitudes + row * bins;
  const float *current = p->current + row % p->period * 2 * bins;
  const float *previous = p->previous + row % p->period * 2 * bins;
  float *result = p->result + row * 2 * bins;
  ptrdiff_t k = 0;
  for (; k + LANES <= bins; k += LANES) {
    const Vector a0 = *(const Vector *)(previous + k), b0 = *(const Vector *)(previous + bins + k);
    const Vector a = a0 + p->step * (*(const Vector *)(current + k) - a0);
    const Vector b = b0 + p->step * (*(const Vector *)(current + bins + k) - b0);
    const Vector magnitude = *(const Vector *)(magnitudes + k);
    const Vector softened = p->squared_softness * magnitude * magnitude;
    const Vector length = __builtin_elementwise_sqrt(a * a + b * b + softened);
    const Vector tiny = (Vector){0} + FLT_MIN;
    const Vector scale = p->gain * magnitude / chosen_vector(length > tiny, length, tiny);
    *(Vector *)(result + k) = chosen_vector(length > (Vector){0}, a * scale, magnitude);
    *(Vector *)(result + bins + k) = b * scale;
  }
  for (; k < bins; k++) {
    const float a = previous[k] + p->step * (current[k] - previous[k]);
    const float b = previous[bins + k] + p->step * (current[bins + k] - previous[bins + k]);
    const float softened = p->squared_softness * magnitudes[k] * magnitudes[k];
    const float length = sqrtf(a * a + b * b + softened);
    const float scale = p->gain * magnitudes[k] / (length > FLT_MIN ? length : FLT_MIN);
    result[k] = length > 0 ? a * scale : magnitudes[k];
    result[bins + k] = b * scale;
  }
}
