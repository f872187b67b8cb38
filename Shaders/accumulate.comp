#version 450
// sum[i] = is_first != 0 ? value[i] : sum[i] + value[i], for [count] values.
// One invocation adds one value.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

// [count]
layout(set = 0, binding = 0) restrict buffer Sum { float values[]; } sum;
// [count]
layout(set = 0, binding = 1) readonly restrict buffer Value { float values[]; } value;
// one number
layout(set = 0, binding = 2) readonly restrict buffer IsFirst { float values[1]; } is_first;

layout(push_constant) uniform Constants { uint count; } constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i >= constants.count) return;
  float value_of_part = value.values[i];
  sum.values[i] = is_first.values[0] != 0.0 ? value_of_part : sum.values[i] + value_of_part;
}
