#version 450
// Multiply-adds as fast as a device does them: 32 independent sums per invocation, none of which
// waits for another, ROUNDS times 2 x 32 operations. values and result [count / 4 vectors], count
// the invocations; the result is stored so that no compiler leaves the work out.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const uint ROUNDS = 512;
layout(local_size_x_id = 0) in;

// [count] vectors
layout(set = 0, binding = 0) readonly restrict buffer Values { vec4 values[]; } values;
// [count] vectors
layout(set = 0, binding = 1) writeonly restrict buffer Result { vec4 values[]; } result;

layout(push_constant) uniform Constants { uint count; } constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i >= constants.count) return;
  vec4 x = values.values[i];
  vec4 sums[8];
  for (uint k = 0; k < 8; k++) { sums[k] = x + float(k); }
  for (uint n = 0; n < ROUNDS; n++) {
    for (uint k = 0; k < 8; k++) { sums[k] = sums[k] * x + x; }
  }
  vec4 sum = vec4(0.0);
  for (uint k = 0; k < 8; k++) { sum += sums[k]; }
  result.values[i] = sum;
}
