#version 450
// result[i] = f'(source[i]) * upstream[i], f chosen by FUNCTION.
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint FUNCTION = 0;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) readonly restrict buffer Upstream { float values[]; } upstream;
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  float first_parameter;
  float second_parameter;
} constants;

#include "indexing.glsl"
#include "pointwise_functions.glsl"

void main() {
  uint i = invocation_index();
  if (i < constants.count) {
    result.values[i] = pointwise_gradient(
      FUNCTION, source.values[i], upstream.values[i], constants.first_parameter,
      constants.second_parameter);
  }
}
