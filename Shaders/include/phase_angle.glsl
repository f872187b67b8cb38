// The angle of a vector, as a fraction of a turn in 32 bits: GLSL promises of atan no more than 12
// bits. The twin of PhaseAngle.swift.

#include "reproducible.glsl"

// To the nearest turn what a float tells of turns.
uint bits_of_turns(float turns) {
  return uint(int(clamp(turns - floor(turns + 0.5), -0.5, 0.49999997) * 4294967296.0));
}

// arctan(t) of t <= 1, from tan(pi/8) on as pi/4 + arctan((t - 1) / (t + 1)), by an odd polynomial.
uint angle_of(vec2 vector) {
  vec2 size = abs(vector);
  float large = max(size.x, size.y);
  if (large == 0.0) return 0u;
  float t = quotient(min(size.x, size.y), large);
  bool is_near_diagonal = t > 0.41421357;
  float u = is_near_diagonal ? moderate_quotient(t - 1.0, t + 1.0) : t;
  float z = u * u;
  float series = 0.03179025 + z * (-0.02204531 + z * 0.01270846);
  series = -0.05305079 + z * series;
  float turns = 0.15915494 * u + u * z * series;
  if (is_near_diagonal) turns += 0.125;
  if (size.y > size.x) turns = 0.25 - turns;
  if (vector.x < 0.0) turns = 0.5 - turns;
  return bits_of_turns(vector.y < 0.0 ? -turns : turns);
}
