#version 450
// result[r, p] = f over source[r, p * piece_length ...], f chosen by FUNCTION.
// source [rows, count], result [rows, pieces]. One workgroup reduces one piece: each invocation
// every WORKGROUP_SIZE-th element, then a tree in shared memory.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint FUNCTION = 0;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint result_count;
  uint count;
  uint pieces;
  uint piece_length;
} constants;

#include "indexing.glsl"
#include "reduction_functions.glsl"

shared float partial[WORKGROUP_SIZE];

void main() {
  uint group = workgroup_index();
  // Workgroups beyond the end repeat the last one's work: all must reach the barriers.
  uint piece = min(group, constants.result_count - 1);
  uint row = piece / constants.pieces;
  uint start = (piece - row * constants.pieces) * constants.piece_length;
  uint length = min(constants.piece_length, constants.count - start);
  uint first = row * constants.count + start;
  uint lane = gl_LocalInvocationID.x;

  float value = 0.0;
  if (lane < length) {
    value = source.values[first + lane];
    for (uint i = lane + WORKGROUP_SIZE; i < length; i += WORKGROUP_SIZE) {
      value = combine(value, source.values[first + i]);
    }
  }
  partial[lane] = value;
  barrier();
  for (uint width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (lane < width && lane + width < length) {
      partial[lane] = combine(partial[lane], partial[lane + width]);
    }
    barrier();
  }
  if (lane == 0 && group < constants.result_count) result.values[group] = partial[0];
}
