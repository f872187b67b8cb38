// Mathematical functions of vectors, compiled once per instruction set, without branches.
#pragma once
#include "ReproducibleMath.h"

/// e^x. Accuracy 2 units in the last place; overflows to infinity, underflows through denormal
/// numbers to 0, where bits are the same everywhere at e^-87, keeps NaN. Argument reduction x = n * ln 2 + r and the degree-7 polynomial of
/// Moshier's Cephes library.
INLINE Vector exponential(Vector x) {
  Vector clamped = chosen_vector(x >= -104.0f, x, vector_of(-104));
  clamped = chosen_vector(clamped > 89.0f, vector_of(89), clamped);
  // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits.
  const Vector shifted = clamped * 1.442695041f + 12582912.0f;
  const Vector n = shifted - 12582912.0f;
  const Vector r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const Vector y = p * (r * r) + r + 1.0f;
  // 2^n in two factors, so that neither leaves the exponent's range.
  const Bits exponent = (Bits)shifted - 0x4B400000;
  const Bits half = exponent >> 1;
  const Vector scaled =
      y * (Vector)((half + 127) << 23) * (Vector)((exponent - half + 127) << 23);
  // Subnormal numbers, which GPUs may flush to 0.
  const Vector kept = REPRODUCIBLE ? chosen_vector(x < -87.0f, vector_of(0), scaled) : scaled;
  return chosen_vector(x != x, x, kept);
}

/// ln x: -infinity at 0, NaN below. Accuracy 3 units in the last place. x = f 2^n with f between √½ and √2,
/// then ln f = 2 artanh s, s = (f - 1) / (f + 1), by its series.
INLINE Vector logarithm(Vector x) {
  const Bits is_subnormal = x < 0x1p-126f;
  const Vector normal = chosen_vector(is_subnormal, x * 0x1p23f, x);
  // Adding 2 - √2 to the significand carries into the exponent from √2 on.
  const Bits exponent = (((Bits)normal + 0x004AFB0D) >> 23) - 127;
  const Vector f = (Vector)((Bits)normal - (exponent << 23));
  const Vector n = __builtin_convertvector(exponent - (is_subnormal & 23), Vector);
  const Vector s = moderate_quotient(f - 1.0f, f + 1.0f);
  const Vector z = s * s;
  Vector series = 0.11111111f + z * 0.09090909f;
  series = 0.14285715f + z * series;
  series = 0.2f + z * series;
  series = 0.33333334f + z * series;
  Vector y = 2.0f * (s + s * z * series) + n * -2.12194440e-4f;
  y = y + n * 0.693359375f;
  y = chosen_vector(x == 0.0f, (Vector)((Bits){0} - 0x00800000), y);
  y = chosen_vector(x < 0.0f, (Vector)((Bits){0} + 0x7FC00000), y);
  // Infinity, NaN.
  return chosen_vector(x <= 0x1.fffffep127f, y, x);
}

/// 1 / (1 + e^-x) without overflow on either side.
INLINE Vector sigmoid(Vector x) {
  const Vector e = exponential(-magnitude(x));
  const Vector positive = moderate_reciprocal(1.0f + e);
  return chosen_vector(x < 0.0f, e * positive, positive);
}

/// (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x. Near 0, where the difference would lose
/// digits, the odd polynomial of Moshier's Cephes library. Accuracy 2e-7, relative.
INLINE Vector hyperbolic_tangent(Vector x) {
  const Vector e = exponential(magnitude(x) * -2.0f);
  const Vector y = moderate_quotient(1.0f - e, 1.0f + e);
  const Vector z = x * x;
  Vector p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const Vector near = x * (p * z + 1.0f);
  return chosen_vector(magnitude(x) < 0.625f, near, chosen_vector(x < 0.0f, -y, y));
}
