#version 450
// result[i] = number first + i of a sequence, number 4 b + k being number k of Philox block b:
// uniform in [0, 1) or normal, by NORMAL. key [4]: seed low, seed high, stream, step; with
// HAS_FIRST [5], then first. One invocation computes one block of four numbers.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const bool NORMAL = true;
layout(constant_id = 2) const bool HAS_FIRST = false;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Key { uint values[]; } key;
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
} constants;

#include "indexing.glsl"
#include "philox.glsl"
#include "normal_numbers.glsl"

void main() {
  uint first = HAS_FIRST ? key.values[4] : 0;
  uint block = first / 4 + invocation_index();
  // Where the block's first number lies in the result; below 0 it wraps around to no place at all.
  uint start = block * 4 - first;
  uvec4 words = philox(
    uvec4(block, 0, key.values[2], key.values[3]), uvec2(key.values[0], key.values[1]));
  vec4 numbers;
  if (NORMAL) {
    numbers = vec4(normal_pair(words.x, words.y), normal_pair(words.z, words.w));
  } else {
    numbers = vec4(words >> 8) * 5.9604645e-8;
  }
  for (uint k = 0; k < 4; k++) {
    if (start + k < constants.count) { result.values[start + k] = numbers[k]; }
  }
}
