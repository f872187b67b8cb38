#version 450
// result[i] = a chain of functions of inputs at position i: several pointwise operations in one
// pass.
// result [count]; inputs [count], or smaller and repeated as the chain's loads say.
// One invocation computes one element. With HALVES, buffers may hold 16-bit elements.
//@variant halves HALVES=1

#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

#include "chain.glsl"

layout(set = 0, binding = 6) writeonly restrict buffer Result { float values[]; } result;
#ifdef HALVES
layout(set = 0, binding = 6) writeonly restrict buffer ResultHalves { float16_t values[]; }
  result_halves;
#endif

layout(push_constant) uniform Constants {
  CHAIN_CONSTANTS
  uint count;
} constants;

#include "indexing.glsl"
#include "chain_functions.glsl"

void main() {
  uint position = invocation_index();
  if (position >= constants.count) return;
  run_chain(position);
  SET_ELEMENT(6, result, result_halves, position, registers[FIRST_RESULT]);
}
