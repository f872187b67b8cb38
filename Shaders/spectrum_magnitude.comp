#version 450
// result[r, k] = |c|, or |c|^2 when SQUARED, of c = spectrum[r, 0, k] + j spectrum[r, 1, k].
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const bool SQUARED = false;
layout(local_size_x_id = 0) in;

// [rows, 2, bins]
layout(set = 0, binding = 0) readonly restrict buffer Spectrum { float values[]; } spectrum;
// [rows, bins]
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint bins;
} constants;

#include "indexing.glsl"
#include "reproducible.glsl"

void main() {
  uint index = invocation_index();
  if (index < constants.count) {
    uint row = index / constants.bins;
    uint real = row * constants.bins + index;
    float a = spectrum.values[real];
    float b = spectrum.values[real + constants.bins];
    float power = a * a + b * b;
    result.values[index] = SQUARED ? power : root_of(power);
  }
}
