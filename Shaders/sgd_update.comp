#version 450
// One step of gradient descent with momentum; the formulas are in
// Sources/Tensors/Updates/SGDUpdate.swift. All buffers [count] but numbers [2]: step size,
// gradient scale. One invocation changes one parameter.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const bool IS_NESTEROV = false;
// Whether a gradient scale of 0 leaves everything as it is, whatever the gradient holds.
layout(constant_id = 2) const bool SKIPS_SCALE_OF_ZERO = false;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) restrict buffer Parameter { float values[]; } parameter;
layout(set = 0, binding = 1) restrict buffer Momentum { float values[]; } momentum;
layout(set = 0, binding = 2) readonly restrict buffer Gradient { float values[]; } gradient;
layout(set = 0, binding = 3) readonly restrict buffer Numbers { float values[2]; } numbers;

layout(push_constant) uniform Constants {
  uint count;
  float decay;
  float weight_decay;
} constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i >= constants.count) return;
  if (SKIPS_SCALE_OF_ZERO && numbers.values[1] == 0.0) return;
  float p = parameter.values[i];
  float g = gradient.values[i] * numbers.values[1] + p * constants.weight_decay;
  float b = momentum.values[i] * constants.decay + g;
  momentum.values[i] = b;
  parameter.values[i] = p - numbers.values[0] * (IS_NESTEROV ? g + b * constants.decay : b);
}
