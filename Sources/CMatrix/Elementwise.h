// Functions of elements, compiled once per instruction set.
#pragma once
#include "VectorMath.h"

/// Some elements as a vector; the rest of it is 0.
INLINE Vector load_few(const float *source, ptrdiff_t count) {
  if (count == LANES) return *(const Vector *)source;
  Vector x = {0};
  for (ptrdiff_t i = 0; i < count; i++) x[i] = source[i];
  return x;
}

/// Stores the first elements of a vector.
INLINE void store_few(Vector x, float *target, ptrdiff_t count) {
  if (count == LANES) *(Vector *)target = x;
  else
    for (ptrdiff_t i = 0; i < count; i++) target[i] = x[i];
}

/// result[i] = `value`, an expression of x = a[i], y = b[i] and the numbers p and q.
#define EACH(value)                                                                    \
  {                                                                                    \
    const Vector first = vector_of(*e->a), second = vector_of(*e->b);                  \
    ptrdiff_t i = 0;                                                                   \
    for (; i + LANES <= count; i += LANES) {                                           \
      const Vector x = e->a_is_uniform ? first : *(const Vector *)(e->a + i);          \
      const Vector y = e->b_is_uniform ? second : *(const Vector *)(e->b + i);         \
      (void)x, (void)y;                                                                \
      *(Vector *)(result + i) = value;                                                 \
    }                                                                                  \
    if (i < count) {                                                                   \
      const Vector x = e->a_is_uniform ? first : load_few(e->a + i, count - i);        \
      const Vector y = e->b_is_uniform ? second : load_few(e->b + i, count - i);       \
      (void)x, (void)y;                                                                \
      const Vector z = value;                                                          \
      store_few(z, result + i, count - i);                                             \
    }                                                                                  \
    break;                                                                             \
  }

INLINE Vector silu_slope(Vector x) {
  const Vector s = sigmoid(x);
  return s * (1.0f + x * (1.0f - s));
}

INLINE Vector sigmoid_slope(Vector x) {
  const Vector s = sigmoid(x);
  return s * (1.0f - s);
}

INLINE Vector tangent_slope(Vector x) {
  const Vector t = hyperbolic_tangent(x);
  return 1.0f - t * t;
}

INLINE Vector leaky(Vector x, float p) {
  // 0 times an infinity would be no number.
  return chosen_vector(x <= 0.0f, p == 0 ? vector_of(0) : x * p, x);
}

INLINE Vector leaky_gradient(Vector x, Vector g, float p) {
  return chosen_vector(x <= 0.0f, p == 0 ? vector_of(0) : g * p, g);
}

INLINE Vector clamped(Vector x, float lower, float upper) {
  const Vector raised = chosen_vector(x < lower, vector_of(lower), x);
  return chosen_vector(raised > upper, vector_of(upper), raised);
}

static void elementwise(const CMatrixElementwise *e, float *result, ptrdiff_t count) {
  const float p = e->parameters[0], q = e->parameters[1];
  switch (e->function) {
  case CMatrixAffine: EACH(x * p + q)
  case CMatrixExponential: EACH(exponential(x))
  case CMatrixLogarithm: EACH(logarithm(x))
  case CMatrixSquare: EACH(x * x)
  case CMatrixLeakyReLU: EACH(leaky(x, p))
  case CMatrixSigmoid: EACH(sigmoid(x))
  case CMatrixSiLU: EACH(x * sigmoid(x))
  case CMatrixTangent: EACH(hyperbolic_tangent(x))
  case CMatrixSquareRoot: EACH(root(x))
  case CMatrixReciprocal: EACH(reciprocal(x))
  case CMatrixClamp: EACH(clamped(x, p, q))
  case CMatrixAffineGradient: EACH(p * y)
  case CMatrixExponentialGradient: EACH(exponential(x) * y)
  case CMatrixLogarithmGradient: EACH(reciprocal(x) * y)
  case CMatrixSquareGradient: EACH(x * 2.0f * y)
  case CMatrixLeakyReLUGradient: EACH(leaky_gradient(x, y, p))
  case CMatrixSigmoidGradient: EACH(sigmoid_slope(x) * y)
  case CMatrixSiLUGradient: EACH(silu_slope(x) * y)
  case CMatrixTangentGradient: EACH(tangent_slope(x) * y)
  case CMatrixSquareRootGradient: EACH(0.5f / __builtin_elementwise_sqrt(x) * y)
  case CMatrixReciprocalGradient: EACH(-1.0f / (x * x) * y)
  case CMatrixClampGradient: EACH(chosen_vector((x > p) & (x < q), y, vector_of(0)))
  case CMatrixAdd: EACH(x + y)
  case CMatrixSubtract: EACH(x - y)
  case CMatrixMultiply: EACH(x * y)
  case CMatrixDivide: EACH(quotient(x, y))
  case CMatrixNumber: EACH(vector_of(p))
  }
}

/// Block length within which single precision sums are good enough.
enum { SUM_BLOCK = 4096 };

INLINE double sum_of_lanes(Vector x) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += x[i];
  return sum;
}

/// The sum of `value`, an expression of x = a[i], y = b[i] and `mean`, with four vectors of partial
/// sums in single precision per block, which are added in double precision.
#define SUM(total, value)                                                              \
  for (ptrdiff_t start = 0; start < count; start += SUM_BLOCK) {                       \
    const ptrdiff_t end = smaller(count, start + SUM_BLOCK);                           \
    Vector sums[4] = {{0}};                                                            \
    ptrdiff_t i = start;                                                               \
    for (; i + 4 * LANES <= end; i += 4 * LANES)                                       \
      for (int v = 0; v < 4; v++) {                                                    \
        const Vector x = *(const Vector *)(a + i + v * LANES);                         \
        const Vector y = *(const Vector *)(b + i + v * LANES);                         \
        (void)y;                                                                       \
        sums[v] += value;                                                              \
      }                                                                                \
    for (; i < end; i++) {                                                             \
      const float x = a[i], y = b[i];                                                  \
      (void)y;                                                                         \
      total += (double)(value);                                                        \
    }                                                                                  \
    total += sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));                  \
  }

static double sum_of(const float *a, ptrdiff_t count) {
  const float *b = a;
  double total = 0;
  SUM(total, x)
  return total;
}

static double sum_of_squares(const float *a, float mean, ptrdiff_t count) {
  const float *b = a;
  double total = 0;
  SUM(total, (x - mean) * (x - mean))
  return total;
}

static double sum_of_products(const float *a, float mean, const float *b, ptrdiff_t count) {
  double total = 0;
  SUM(total, (x - mean) * y)
  return total;
}

static void normalize(
    const float *x, float mean, float scale, float weight, float bias, ptrdiff_t count,
    float *result) {
  for (ptrdiff_t i = 0; i < count; i++) result[i] = (x[i] - mean) * scale * weight + bias;
}

static void normalization_gradient(
    const float *x, const float *g, float mean, float slope, float offset, float pull,
    ptrdiff_t count, float *result) {
  for (ptrdiff_t i = 0; i < count; i++)
    result[i] = g[i] * slope - offset - (x[i] - mean) * pull;
}
