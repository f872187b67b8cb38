#include "CMatrix.h"

#include <string.h>

static inline uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// Without branches, so that loops become vectors.
static inline uint16_t narrowed(float x) {
  uint32_t bits = bits_of(x);
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  // Half of the last place that stays, less one where the result would be even as it is.
  uint32_t normal = (magnitude - (112u << 23) + 0xFFF + (magnitude >> 13 & 1)) >> 13;
  // The last place of numbers from 1/2 on is that of the smallest halves.
  uint32_t small = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
  uint32_t large = magnitude > 0x7F800000 ? 0x7E00 : 0x7C00;
  uint32_t half = magnitude < 0x38800000 ? small : normal;
  return (uint16_t)(sign | (magnitude >= 0x477FF000 ? large : half));
}

static inline float widened(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7FFF;
  uint32_t normal = (magnitude << 13) + (112u << 23);
  uint32_t special = (magnitude << 13) + (224u << 23);
  uint32_t small = bits_of((float)(int32_t)magnitude * 0x1p-24f);
  uint32_t bits = magnitude < 0x400 ? small : normal;
  return float_of(sign | (magnitude >= 0x7C00 ? special : bits));
}

void cmatrix_narrow(const float *x, ptrdiff_t count, uint16_t *y) {
  for (ptrdiff_t i = 0; i < count; i++) y[i] = narrowed(x[i]);
}

void cmatrix_widen(const uint16_t *x, ptrdiff_t count, float *y) {
  for (ptrdiff_t i = 0; i < count; i++) y[i] = widened(x[i]);
}
