// The complex number with a given magnitude A and the phase of c: A c / |c|, softened to
// g A c / sqrt(|c|^2 + s^2 A^2), g = sqrt(1 + s^2); A itself where that root is 0. The twin of
// Sources/CMatrix/Magnitudes.h.

#include "reproducible.glsl"

vec2 with_magnitude(vec2 c, float magnitude, float gain, float squared_softness) {
  float energy = c.x * c.x + c.y * c.y + squared_softness * magnitude * magnitude;
  if (REPRODUCIBLE) {
    // Parts of smaller ones may be subnormal.
    bool is_zero = energy < 1.26217745e-29;
    float scale = gain * magnitude * estimated_inverse_root(energy);
    return is_zero ? vec2(magnitude, 0.0) : c * scale;
  }
  float size = sqrt(energy);
  return size > 0.0 ? c * (gain * magnitude / size) : vec2(magnitude, 0.0);
}
