#version 450
// One step of Adam or AdamW; the formulas are in Sources/Tensors/Updates/AdamUpdate.swift.
// All buffers [count] but numbers: step size, 1 - beta1^t, 1 - beta2^t, with KEEPS_AVERAGE the
// share of the new parameter in its average, gradient scale.
// Without USES_MAXIMUM and KEEPS_AVERAGE, maximum_moment and average are the second moment again
// and are not touched.
// One invocation changes one parameter.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const bool IS_DECOUPLED = false;
layout(constant_id = 2) const bool USES_MAXIMUM = false;
layout(constant_id = 3) const bool KEEPS_AVERAGE = false;
// Whether a gradient scale of 0 leaves everything as it is, whatever the gradient holds.
layout(constant_id = 4) const bool SKIPS_SCALE_OF_ZERO = false;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) buffer Parameter { float values[]; } parameter;
layout(set = 0, binding = 1) buffer FirstMoment { float values[]; } first_moment;
layout(set = 0, binding = 2) buffer SecondMoment { float values[]; } second_moment;
layout(set = 0, binding = 3) buffer MaximumMoment { float values[]; } maximum_moment;
layout(set = 0, binding = 4) buffer Average { float values[]; } average;
layout(set = 0, binding = 5) readonly buffer Gradient { float values[]; } gradient;
layout(set = 0, binding = 6) readonly buffer Numbers { float values[]; } numbers;

layout(push_constant) uniform Constants {
  uint count;
  float first_decay;
  float first_rest;
  float second_decay;
  float second_rest;
  float epsilon;
  float weight_decay;
} constants;

#include "indexing.glsl"

void main() {
  uint i = invocation_index();
  if (i >= constants.count) return;
  float step_size = numbers.values[0];
  float scale = numbers.values[KEEPS_AVERAGE ? 4 : 3];
  if (SKIPS_SCALE_OF_ZERO && scale == 0.0) return;
  float p = parameter.values[i];
  float g = gradient.values[i] * scale;
  if (IS_DECOUPLED) {
    p *= 1.0 - step_size * constants.weight_decay;
  } else {
    g += p * constants.weight_decay;
  }
  float m = first_moment.values[i] * constants.first_decay + g * constants.first_rest;
  float v = second_moment.values[i] * constants.second_decay + g * g * constants.second_rest;
  first_moment.values[i] = m;
  second_moment.values[i] = v;
  if (USES_MAXIMUM) {
    v = max(v, maximum_moment.values[i]);
    maximum_moment.values[i] = v;
  }
  float denominator = sqrt(v) / sqrt(numbers.values[2]) + constants.epsilon;
  p -= step_size / numbers.values[1] * m / denominator;
  parameter.values[i] = p;
  if (KEEPS_AVERAGE) {
    float a = average.values[i];
    average.values[i] = a + numbers.values[3] * (p - a);
  }
}
