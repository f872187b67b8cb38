#version 450
// result[result_offset + sum(p[k] * result_stride[k])]
//   = source[source_offset + sum(p[k] * source_stride[k])]
// for every position p of a box of up to six axes, slowest first. Slices, permutations,
// broadcasts, padding and concatenation. One invocation copies one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { uint values[]; } source;
layout(set = 0, binding = 1) writeonly restrict buffer Result { uint values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint source_offset;
  uint result_offset;
  uint size_1;
  uint size_2;
  uint size_3;
  uint size_4;
  uint size_5;
  uint source_stride_0;
  uint source_stride_1;
  uint source_stride_2;
  uint source_stride_3;
  uint source_stride_4;
  uint source_stride_5;
  uint result_stride_0;
  uint result_stride_1;
  uint result_stride_2;
  uint result_stride_3;
  uint result_stride_4;
  uint result_stride_5;
} constants;

#include "indexing.glsl"

uint source_index;
uint result_index;

// Takes the fastest remaining axis off `rest` and moves along it.
void advance(inout uint rest, uint size, uint source_stride, uint result_stride) {
  uint position = rest;
  if (size > 0) {
    rest = position / size;
    position -= rest * size;
  }
  source_index += position * source_stride;
  result_index += position * result_stride;
}

void main() {
  uint rest = invocation_index();
  if (rest >= constants.count) return;
  source_index = constants.source_offset;
  result_index = constants.result_offset;
  advance(rest, constants.size_5, constants.source_stride_5, constants.result_stride_5);
  advance(rest, constants.size_4, constants.source_stride_4, constants.result_stride_4);
  advance(rest, constants.size_3, constants.source_stride_3, constants.result_stride_3);
  advance(rest, constants.size_2, constants.source_stride_2, constants.result_stride_2);
  advance(rest, constants.size_1, constants.source_stride_1, constants.result_stride_1);
  advance(rest, 0, constants.source_stride_0, constants.result_stride_0);
  result.values[result_index] = source.values[source_index];
}
