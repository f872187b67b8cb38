#version 450
// Sums of g and of g * (x - mean) * scale over every piece of every plane.
// source x, upstream g [samples, channels, plane_size]; statistics [rows, 2]: mean, scale;
// result [samples * channels, pieces, 2]. One workgroup computes one piece.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) readonly restrict buffer Statistics { float values[]; } statistics;
layout(set = 0, binding = 2) readonly restrict buffer Upstream { float values[]; } upstream;
layout(set = 0, binding = 3) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint result_count;
  uint plane_size;
  uint channels;
  uint planes_per_row;
  uint pieces;
  uint piece_length;
} constants;

#include "indexing.glsl"
#include "normalization_rows.glsl"

shared vec2 partial[WORKGROUP_SIZE];

vec2 sums_of_invocation(uint plane, uint start, float mean) {
  uint end = min(start + constants.piece_length, constants.plane_size);
  vec2 sums = vec2(0.0);
  for (uint i = start + gl_LocalInvocationID.x; i < end; i += WORKGROUP_SIZE) {
    uint position = plane * constants.plane_size + i;
    float slope = upstream.values[position];
    sums += vec2(slope, slope * (source.values[position] - mean));
  }
  return sums;
}

void main() {
  uint group = workgroup_index();
  // Workgroups beyond the end repeat the last one's work: all must reach the barriers.
  uint piece = min(group, constants.result_count - 1);
  uint plane = piece / constants.pieces;
  uint row = row_of_plane(plane, plane % constants.channels);
  uint start = (piece - plane * constants.pieces) * constants.piece_length;
  uint lane = gl_LocalInvocationID.x;
  partial[lane] = sums_of_invocation(plane, start, statistics.values[2 * row]);
  barrier();
  for (uint width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (lane < width) partial[lane] += partial[lane + width];
    barrier();
  }
  if (lane == 0 && group == piece) {
    result.values[2 * piece] = partial[0].x;
    result.values[2 * piece + 1] = partial[0].y * statistics.values[2 * row + 1];
  }
}
