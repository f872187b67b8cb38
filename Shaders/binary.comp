#version 450
// result[i, j, k, l] = f(first[...], second[...]), f chosen by FUNCTION; a stride of 0 broadcasts.
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint FUNCTION = 0;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer First { float values[]; } first;
layout(set = 0, binding = 1) readonly restrict buffer Second { float values[]; } second;
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint size1;
  uint size2;
  uint size3;
  uint first_stride0;
  uint first_stride1;
  uint first_stride2;
  uint first_stride3;
  uint second_stride0;
  uint second_stride1;
  uint second_stride2;
  uint second_stride3;
} constants;

#include "indexing.glsl"
#include "binary_functions.glsl"

void main() {
  uint index = invocation_index();
  if (index < constants.count) {
    uint l = index % constants.size3, row = index / constants.size3;
    uint k = row % constants.size2, plane = row / constants.size2;
    uint j = plane % constants.size1, i = plane / constants.size1;
    float a = first.values[i * constants.first_stride0 + j * constants.first_stride1
      + k * constants.first_stride2 + l * constants.first_stride3];
    float b = second.values[i * constants.second_stride0 + j * constants.second_stride1
      + k * constants.second_stride2 + l * constants.second_stride3];
    result.values[index] = binary_value(FUNCTION, a, b);
  }
}
