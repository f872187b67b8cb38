#version 450
// result[r, p, k] = f over result k of a chain at positions r * count + p * piece_length ..., f
// chosen by FUNCTION: reduce_rows.comp without a pass over memory for what is reduced.
// inputs [rows * count], or smaller and repeated as the chain's loads say; result
// [rows, pieces, kinds], kinds 2 when there are two different results, else 1.
// One workgroup reduces one piece: each invocation every WORKGROUP_SIZE-th element, then a tree.
// With HALVES, inputs may hold 16-bit elements.
//@variant halves HALVES=1

#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint FUNCTION = 0;
layout(local_size_x_id = 0) in;

#include "chain.glsl"

layout(set = 0, binding = 6) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  CHAIN_CONSTANTS
  uint result_count;
  uint count;
  uint pieces;
  uint piece_length;
} constants;

#include "indexing.glsl"
#include "chain_functions.glsl"
#include "reduction_functions.glsl"

shared vec2 partial[WORKGROUP_SIZE];

vec2 combine_both(vec2 a, vec2 b) { return vec2(combine(a.x, b.x), combine(a.y, b.y)); }

vec2 results_at(uint position) {
  run_chain(position);
  return vec2(registers[FIRST_RESULT], registers[SECOND_RESULT]);
}

vec2 results_of_invocation(uint first, uint length) {
  vec2 values = vec2(0.0);
  uint lane = gl_LocalInvocationID.x;
  if (lane < length) {
    values = results_at(first + lane);
    for (uint i = lane + WORKGROUP_SIZE; i < length; i += WORKGROUP_SIZE) {
      values = combine_both(values, results_at(first + i));
    }
  }
  return values;
}

void main() {
  uint group = workgroup_index();
  // Workgroups beyond the end repeat the last one's work: all must reach the barriers.
  uint piece = min(group, constants.result_count - 1);
  uint row = piece / constants.pieces;
  uint start = (piece - row * constants.pieces) * constants.piece_length;
  uint length = min(constants.piece_length, constants.count - start);
  uint lane = gl_LocalInvocationID.x;
  partial[lane] = results_of_invocation(row * constants.count + start, length);
  barrier();
  for (uint width = WORKGROUP_SIZE / 2; width > 0; width /= 2) {
    if (lane < width && lane + width < length)
      partial[lane] = combine_both(partial[lane], partial[lane + width]);
    barrier();
  }
  if (lane == 0 && group == piece) {
    uint kinds = FIRST_RESULT == SECOND_RESULT ? 1 : 2;
    result.values[kinds * piece] = partial[0].x;
    if (FIRST_RESULT != SECOND_RESULT) result.values[2 * piece + 1] = partial[0].y;
  }
}
