#version 450
// result = g A c / sqrt(|c|^2 + s^2 A^2), g = sqrt(1 + s^2), with complex
// c = previous + fraction * (current - previous); for s = 0 that is A c/|c|, and A where c = 0.
// `current` and `previous` have `rows` frames, repeated for every item.
// One invocation computes one complex number.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

// [items * frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Magnitudes { float values[]; } magnitudes;
// [rows, 2, bins]; without a previous estimate both are the same buffer
layout(set = 0, binding = 1) readonly buffer Current { float values[]; } current;
layout(set = 0, binding = 2) readonly buffer Previous { float values[]; } previous;
// [items * frames, 2, bins]
layout(set = 0, binding = 3) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint bins;
  uint rows;
  float fraction;
  float gain;
  float squared_softness;
} constants;

#include "indexing.glsl"
#include "magnitude_projection.glsl"

float estimate(uint i) {
  float before = previous.values[i];
  return before + constants.fraction * (current.values[i] - before);
}

void main() {
  uint index = invocation_index();
  if (index < constants.count) {
    uint row = index / constants.bins, bin = index % constants.bins;
    uint source = (row % constants.rows) * 2 * constants.bins + bin;
    vec2 value = with_magnitude(
      vec2(estimate(source), estimate(source + constants.bins)), magnitudes.values[index],
      constants.gain, constants.squared_softness);
    uint target = row * 2 * constants.bins + bin;
    result.values[target] = value.x;
    result.values[target + constants.bins] = value.y;
  }
}
