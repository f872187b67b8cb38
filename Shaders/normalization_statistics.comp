#version 450
// Mean and sum of squared deviations of every piece of 16 * WORKGROUP_SIZE elements of every row;
// when a row is one piece, mean and 1 / sqrt(variance + epsilon) of the row.
// source: element i of row r at r * segment_length + (i / segment_length) * segment_stride
// + i % segment_length; result [rows, pieces, 2]. One workgroup computes one piece; each
// invocation holds 16 elements in registers for the second pass over them. With HALVES, the source
// may hold 16-bit elements.
//@variant halves HALVES=1

#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
#ifdef HALVES
layout(set = 0, binding = 0) readonly restrict buffer SourceHalves { float16_t values[]; }
  source_halves;
#endif
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint rows;
  uint row_size;
  uint pieces;
  uint segment_length;
  uint segment_stride;
  float epsilon;
} constants;

#include "halves.glsl"
#include "indexing.glsl"
#include "moments.glsl"
#include "moments_tree.glsl"

float element(uint row, uint i) {
  uint segment = i / constants.segment_length;
  return ELEMENT(0, source, source_halves,
    row * constants.segment_length + segment * constants.segment_stride
    + i - segment * constants.segment_length);
}

Moments moments_of_invocation(uint row, uint start) {
  float values[16];
  uint count = 0;
  float sum = 0.0;
  for (uint k = 0; k < 16; k++) {
    uint i = start + k * WORKGROUP_SIZE + gl_LocalInvocationID.x;
    bool inside = i < constants.row_size;
    values[k] = inside ? element(row, i) : 0.0;
    sum += values[k];
    count += inside ? 1 : 0;
  }
  float mean = moderate_quotient(sum, max(float(count), 1.0));
  float squares = 0.0;
  for (uint k = 0; k < 16; k++) {
    float deviation = k < count ? values[k] - mean : 0.0;
    squares += deviation * deviation;
  }
  return Moments(float(count), mean, squares);
}

void main() {
  uint group = workgroup_index();
  // Workgroups beyond the end repeat the last one's work: all must reach the barriers.
  uint piece = min(group, constants.rows * constants.pieces - 1);
  uint row = piece / constants.pieces;
  uint start = (piece - row * constants.pieces) * 16 * WORKGROUP_SIZE;
  Moments moments = merged_over_workgroup(moments_of_invocation(row, start));
  if (gl_LocalInvocationID.x == 0 && group == piece) {
    result.values[2 * piece] = moments.mean;
    result.values[2 * piece + 1] = constants.pieces == 1
      ? inverse_root_of(moderate_quotient(moments.squares, moments.count) + constants.epsilon)
      : moments.squares;
  }
}
