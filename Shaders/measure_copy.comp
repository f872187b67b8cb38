#version 450
// result[i] = values[i], for [count] vectors of four floats: how fast a device moves bytes.
// One invocation copies one vector.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(local_size_x_id = 0) in;

// [count] vectors
layout(set = 0, binding = 0) readonly restrict buffer Values { vec4 values[]; } values;
// [count] vectors
layout(set = 0, binding = 1) writeonly restrict buffer Result { vec4 values[]; } result;

layout(push_constant) uniform Constants { uint count; } constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i < constants.count) { result.values[i] = values.values[i]; }
}
