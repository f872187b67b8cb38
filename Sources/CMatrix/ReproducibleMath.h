// Division, roots and moments that give the same bits on every processor and, in kernels compiled for
// that, on every GPU: additions, multiplications and integer operations only. The twin of
// Shaders/include/reproducible.glsl; compiled once per instruction set.
#pragma once
#include "Panels.h"
#include <stdint.h>

typedef int32_t Bits __attribute__((vector_size(4 * LANES)));

/// a where the bits of `mask` are set, else b.
INLINE Vector chosen_vector(Bits mask, Vector a, Vector b) {
  return (Vector)((mask & (Bits)a) | (~mask & (Bits)b));
}

// 0 + x would lose the sign of -0.
INLINE Vector vector_of(float x) { return x - (Vector){0}; }
INLINE Vector magnitude(Vector x) { return (Vector)((Bits)x & 0x7fffffff); }

/// 1 / x for 2^-64 <= x <= 2^64: an estimate by the bits and four of Newton's steps, the last of which
/// adds what is missing, so that powers of two are exact. Accuracy 1 unit in the last place.
INLINE Vector estimated_reciprocal(Vector x) {
  Vector y = (Vector)(0x7EF311C7 - (Bits)x);
  for (int i = 0; i < 3; i++) y = y * (2.0f - x * y);
  return y + y * (1.0f - x * y);
}

/// 1 / sqrt(x) for 0 < x, and a large number for 0. Accuracy 2 units in the last place.
INLINE Vector estimated_inverse_root(Vector x) {
  Vector y = (Vector)(0x5F375A86 - ((Bits)x >> 1));
  // Half of x might be subnormal.
  for (int i = 0; i < 4; i++) y = y * (1.5f - (0.5f * (x * y)) * y);
  return y;
}

#if REPRODUCIBLE

INLINE Vector quotient(Vector a, Vector b) {
  const Vector size = magnitude(b), one = vector_of(1);
  // Of both, so that the reciprocal of a large number is not subnormal.
  Vector scale = chosen_vector(size < 0x1p-64f, vector_of(0x1p64f), one);
  scale = chosen_vector(size > 0x1p64f, vector_of(0x1p-64f), scale);
  Vector y = estimated_reciprocal(size * scale);
  y = chosen_vector(size > 0x1.fffffep127f, vector_of(0), y);
  y = chosen_vector(size == 0.0f, (Vector)((Bits){0} + 0x7F800000), y);
  y = a * scale * y;
  return chosen_vector(b < 0.0f, -y, y);
}

INLINE Vector reciprocal(Vector x) { return quotient(vector_of(1), x); }

/// 1 / x for 2^-64 <= x <= 2^64.
INLINE Vector moderate_reciprocal(Vector x) { return estimated_reciprocal(x); }
/// a / b for 2^-64 <= b <= 2^64.
INLINE Vector moderate_quotient(Vector a, Vector b) { return a * estimated_reciprocal(b); }

INLINE Vector root(Vector x) {
  Vector y = x * estimated_inverse_root(x);
  y = chosen_vector(x > 0x1.fffffep127f, x, y);
  return chosen_vector(x < 0.0f, (Vector)((Bits){0} + 0x7FC00000), y);
}

#else

INLINE Vector reciprocal(Vector x) { return 1.0f / x; }
INLINE Vector moderate_reciprocal(Vector x) { return 1.0f / x; }
INLINE Vector quotient(Vector a, Vector b) { return a / b; }
INLINE Vector moderate_quotient(Vector a, Vector b) { return a / b; }
INLINE Vector root(Vector x) { return __builtin_elementwise_sqrt(x); }

#endif
