#version 450
// result[n, o, i] = bias[o] + sum over chunks of partials[chunk, n, o, i]: the end of a convolution
// whose inner sum was cut into chunks. partials [chunks, count], result [count] = [batch, channels,
// area]. One invocation per result; chunks are added in order, in pairs of fours.
// With EPILOGUE a chain of functions of the sum is stored, see chain.glsl; it adds the bias too.
// With HALVES, result and chain inputs may hold 16-bit elements.
//@variant epilogue EPILOGUE=1
//@variant halves HALVES=1
//@variant epilogue_halves EPILOGUE=1 HALVES=1

#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Partials { float values[]; } partials;
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;
#ifdef HALVES
layout(set = 0, binding = 1) writeonly restrict buffer ResultHalves { float16_t values[]; }
  result_halves;
#endif
#ifdef EPILOGUE
#define CHAIN_ID 40
#define CHAIN_BINDING 1
#include "chain.glsl"
#else
#include "halves.glsl"
layout(constant_id = 1) const bool HAS_BIAS = false;
// Channels that share a bias.
layout(constant_id = 2) const uint ROWS_PER_BIAS = 1;
// Any buffer without HAS_BIAS.
layout(set = 0, binding = 2) readonly restrict buffer Bias { float values[]; } bias;
#endif

layout(push_constant) uniform Constants {
  uint count;
  uint channels;
  uint area;
  uint chunks;
} constants;

#include "indexing.glsl"
#ifdef EPILOGUE
#include "chain_functions.glsl"
#endif

void store(uint index, uint channel, float value) {
#ifdef EPILOGUE
  value = epilogue(index, value);
#else
  if (HAS_BIAS) value += bias.values[channel / ROWS_PER_BIAS];
#endif
  SET_ELEMENT(1, result, result_halves, index, value);
}

void main() {
  uint index = invocation_index();
  if (index >= constants.count) return;
  float value = 0;
  for (uint first = 0; first < constants.chunks; first += 4) {
    uint end = min(first + 4, constants.chunks);
    float part = partials.values[first * constants.count + index];
    for (uint chunk = first + 1; chunk < end; chunk++)
      part += partials.values[chunk * constants.count + index];
    value += part;
  }
  store(index, index / constants.area % constants.channels, value);
}
