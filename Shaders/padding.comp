#version 450
// result[o, i, r] = source[o, i - before, r] where 0 <= i - before < source_size, else 0.
// source [outer, source_size, inner], result [outer, result_size, inner].
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { uint values[]; } source;
layout(set = 0, binding = 1) writeonly restrict buffer Result { uint values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint source_size;
  uint result_size;
  uint inner;
  uint before;
} constants;

#include "indexing.glsl"

void main() {
  uint index = invocation_index();
  if (index >= constants.count) return;
  uint row = index / constants.inner, r = index - row * constants.inner;
  uint outer = row / constants.result_size, i = row - outer * constants.result_size;
  // Below the first, the difference wraps around to a large number.
  uint source_row = i - constants.before;
  uint value = 0;
  if (source_row < constants.source_size)
    value = source.values[(outer * constants.source_size + source_row) * constants.inner + r];
  result.values[index] = value;
}
