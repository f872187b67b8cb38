#version 450
// result[o, p, i] = f over source[o, p * piece_length ..., i], f chosen by FUNCTION.
// source [outer, count, inner], result [outer, pieces, inner]. One invocation reduces at most
// piece_length elements of one column; neighbours read neighbouring columns.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint FUNCTION = 0;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint result_count;
  uint count;
  uint inner;
  uint pieces;
  uint piece_length;
} constants;

#include "indexing.glsl"
#include "reduction_functions.glsl"

// At most eight elements of a column: short sums first keep the error of the whole small.
float reduced_run(uint position, uint length) {
  float value = source.values[position];
  for (uint k = 1; k < length; k++) {
    position += constants.inner;
    value = combine(value, source.values[position]);
  }
  return value;
}

void main() {
  uint index = invocation_index();
  if (index >= constants.result_count) return;
  uint row = index / constants.inner;
  uint column = index - row * constants.inner;
  uint outer = row / constants.pieces;
  uint start = (row - outer * constants.pieces) * constants.piece_length;
  uint end = min(start + constants.piece_length, constants.count);

  uint position = (outer * constants.count + start) * constants.inner + column;
  float value = reduced_run(position, min(end - start, 8));
  for (uint i = start + 8; i < end; i += 8) {
    position += 8 * constants.inner;
    value = combine(value, reduced_run(position, min(end - i, 8)));
  }
  result.values[index] = value;
}
