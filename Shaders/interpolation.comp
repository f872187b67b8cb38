#version 450
// result[i] = first[i] + fraction * (second[i] - first[i]).
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer First { float values[]; } first;
layout(set = 0, binding = 1) readonly restrict buffer Second { float values[]; } second;
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  float fraction;
} constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i < constants.count) {
    result.values[i] =
      first.values[i] + constants.fraction * (second.values[i] - first.values[i]);
  }
}
