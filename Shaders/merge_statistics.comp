#version 450
// Mean and 1 / sqrt(variance + epsilon) of every row from the moments of its pieces.
// partial [rows, pieces, 2]: mean and sum of squared deviations; result [rows, 2].
// One workgroup computes one row.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Partial { float values[]; } partial;
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint rows;
  uint row_size;
  uint pieces;
  uint piece_length;
  float epsilon;
} constants;

#include "indexing.glsl"
#include "moments.glsl"
#include "moments_tree.glsl"

Moments moments_of_piece(uint row, uint piece) {
  uint count = min(constants.piece_length, constants.row_size - piece * constants.piece_length);
  uint position = 2 * (row * constants.pieces + piece);
  return Moments(float(count), partial.values[position], partial.values[position + 1]);
}

void main() {
  uint group = workgroup_index();
  // Workgroups beyond the end repeat the last one's work: all must reach the barriers.
  uint row = min(group, constants.rows - 1);
  Moments moments = Moments(0.0, 0.0, 0.0);
  for (uint piece = gl_LocalInvocationID.x; piece < constants.pieces; piece += WORKGROUP_SIZE) {
    moments = merged(moments, moments_of_piece(row, piece));
  }
  moments = merged_over_workgroup(moments);
  if (gl_LocalInvocationID.x == 0 && group == row) {
    result.values[2 * row] = moments.mean;
    result.values[2 * row + 1] =
      inverse_root_of(moderate_quotient(moments.squares, moments.count) + constants.epsilon);
  }
}
