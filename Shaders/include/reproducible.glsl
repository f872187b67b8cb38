#pragma once
// Division, roots, exponential function and logarithm: a device's own, or, in a kernel that gives
// the same bits on every device, sequences of additions, multiplications and integer operations,
// which Vulkan requires to be correctly rounded. Accurate to 3 units in the last place; subnormal
// numbers, which devices may flush to 0, are the exception. The twin of ReproducibleMath.h and
// VectorMath.h in Sources/CMatrix, and of ReproducibleMath.swift.

layout(constant_id = 89) const bool REPRODUCIBLE = false;

// 1 / x for 2^-64 <= x <= 2^64: an estimate by the bits and four of Newton's steps, the last of
// which adds what is missing, so that powers of two are exact.
float estimated_reciprocal(float x) {
  float y = uintBitsToFloat(0x7EF311C7u - floatBitsToUint(x));
  y = y * (2.0 - x * y);
  y = y * (2.0 - x * y);
  y = y * (2.0 - x * y);
  return y + y * (1.0 - x * y);
}

float quotient(float a, float b) {
  if (!REPRODUCIBLE) return a / b;
  float size = abs(b);
  // Of both, so that the reciprocal of a large number is not subnormal.
  float scale = size > 1.8446744e19 ? 5.421011e-20 : size < 5.421011e-20 ? 1.8446744e19 : 1.0;
  float y = estimated_reciprocal(size * scale);
  y = size == 0.0 ? uintBitsToFloat(0x7F800000u) : size > 3.4028235e38 ? 0.0 : y;
  y = a * scale * y;
  return b < 0.0 ? -y : y;
}

float reciprocal_of(float x) { return REPRODUCIBLE ? quotient(1.0, x) : 1.0 / x; }

// 1 / x for 2^-64 <= x <= 2^64.
float moderate_reciprocal(float x) { return REPRODUCIBLE ? estimated_reciprocal(x) : 1.0 / x; }

// a / b for 2^-64 <= b <= 2^64.
float moderate_quotient(float a, float b) {
  return REPRODUCIBLE ? a * estimated_reciprocal(b) : a / b;
}

// 1 / sqrt(x) for 0 < x, and a large number for 0.
float estimated_inverse_root(float x) {
  float y = uintBitsToFloat(0x5F375A86u - (floatBitsToUint(x) >> 1));
  // Half of x might be subnormal.
  y = y * (1.5 - (0.5 * (x * y)) * y);
  y = y * (1.5 - (0.5 * (x * y)) * y);
  y = y * (1.5 - (0.5 * (x * y)) * y);
  return y * (1.5 - (0.5 * (x * y)) * y);
}

float inverse_root_of(float x) {
  return REPRODUCIBLE ? estimated_inverse_root(x) : inversesqrt(x);
}

float root_of(float x) {
  if (!REPRODUCIBLE) return sqrt(x);
  float y = x * estimated_inverse_root(x);
  return x < 0.0 ? uintBitsToFloat(0x7FC00000u) : x > 3.4028235e38 ? x : y;
}

// -infinity at 0, no number below. x = f 2^n with f between sqrt(1/2) and sqrt(2), then
// ln f = 2 artanh s, s = (f - 1) / (f + 1), by its series.
float logarithm_of(float x) {
  if (!REPRODUCIBLE) return log(x);
  // Adding 2 - sqrt(2) to the significand carries into the exponent from sqrt(2) on.
  bool is_subnormal = x < 1.17549435e-38;
  int pattern = floatBitsToInt(is_subnormal ? x * 8388608.0 : x);
  int exponent = ((pattern + 0x004AFB0D) >> 23) - 127;
  float f = intBitsToFloat(pattern - (exponent << 23));
  float n = float(exponent - (is_subnormal ? 23 : 0));
  float s = (f - 1.0) * estimated_reciprocal(f + 1.0);
  float z = s * s;
  float series = 0.11111111 + z * 0.09090909;
  series = 0.14285715 + z * series;
  series = 0.2 + z * series;
  series = 0.33333334 + z * series;
  float y = 2.0 * (s + s * z * series) + n * -2.12194440e-4;
  y = y + n * 0.693359375;
  y = x == 0.0 ? uintBitsToFloat(0xFF800000u) : x < 0.0 ? uintBitsToFloat(0x7FC00000u) : y;
  return x <= 3.4028235e38 ? y : x;
}

// x = n ln 2 + r and the polynomial of Moshier's Cephes library. Below -87, where results would be
// subnormal, 0.
float exponential_of(float x) {
  if (!REPRODUCIBLE) return exp(x);
  float clamped = x >= -104.0 ? x : -104.0;
  clamped = clamped > 89.0 ? 89.0 : clamped;
  // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits.
  float shifted = clamped * 1.442695041 + 12582912.0;
  float n = shifted - 12582912.0;
  float r = (clamped - n * 0.693359375) - n * -2.12194440e-4;
  float p = r * 1.9875691500e-4 + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  float y = p * (r * r) + r + 1.0;
  // 2^n in two factors, so that neither leaves the exponent's range.
  int exponent = floatBitsToInt(shifted) - 0x4B400000;
  int low = exponent >> 1;
  y = y * intBitsToFloat((low + 127) << 23) * intBitsToFloat((exponent - low + 127) << 23);
  return isnan(x) ? x : x < -87.0 ? 0.0 : y;
}
