// Box-Muller with a logarithm and a sine of our own: GLSL promises only 2^-21 near log(1) and
// 2^-11 for sin, and the numbers shall be the same on every device to a few units in the last
// place. The twin of Sources/Tensors/Random/NormalNumbers.swift.

// log(u) for u = (bits / 2^8 + 1) / 2^24, so 0 < u <= 1: u = f 2^e with f near 1, then
// log(f) = 2 artanh((f - 1) / (f + 1)) by its series.
float log_of_uniform(uint bits) {
  float u = float((bits >> 8) + 1u) * 5.9604645e-8;
  uint pattern = floatBitsToUint(u);
  // Adding 2 - sqrt(2) to the significand carries into the exponent from sqrt(2) on.
  int exponent = int((pattern + 0x004AFB0Du) >> 23) - 127;
  float f = uintBitsToFloat(pattern - uint(exponent << 23));
  float s = (f - 1.0) / (f + 1.0);
  float z = s * s;
  float series = 0.11111111 + z * 0.09090909;
  series = 0.14285715 + z * series;
  series = 0.2 + z * series;
  series = 0.33333334 + z * series;
  return float(exponent) * 0.6931472 + 2.0 * (s + s * z * series);
}

// (cos, sin) of 2 pi bits / 2^32, from the nearest quarter turn.
vec2 direction_of_uniform(uint bits) {
  float turns = float(bits >> 8) * 5.9604645e-8;
  uint quarter = ((bits >> 8) + 0x200000u) >> 22;
  float a = (turns - float(quarter) * 0.25) * 6.2831855;
  float z = a * a;
  float sine = -1.9841270e-4 + z * 2.7557319e-6;
  sine = 8.333333768e-3 + z * sine;
  sine = -0.16666667 + z * sine;
  sine = a + a * z * sine;
  float cosine = -1.3888889e-3 + z * (2.4801587e-5 - z * 2.7557319e-7);
  cosine = 4.1666667e-2 + z * cosine;
  cosine = 1.0 + z * (-0.5 + z * cosine);
  switch (quarter & 3u) {
    case 1: return vec2(-sine, cosine);
    case 2: return vec2(-cosine, -sine);
    case 3: return vec2(sine, -cosine);
  }
  return vec2(cosine, sine);
}

// Two normal numbers from two words.
vec2 normal_pair(uint radius_bits, uint angle_bits) {
  float radius = sqrt(max(-2.0 * log_of_uniform(radius_bits), 0.0));
  return radius * direction_of_uniform(angle_bits);
}
