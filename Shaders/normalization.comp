#version 450
// result = (source - mean) * scale * weight + bias. source, result [samples, channels, plane_size];
// statistics [rows, 2]: mean, scale; weight, bias [channels]. One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) readonly restrict buffer Statistics { float values[]; } statistics;
layout(set = 0, binding = 2) readonly restrict buffer Weight { float values[]; } weight;
layout(set = 0, binding = 3) readonly restrict buffer Bias { float values[]; } bias;
layout(set = 0, binding = 4) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint plane_size;
  uint channels;
  uint planes_per_row;
} constants;

#include "indexing.glsl"
#include "normalization_rows.glsl"

void main() {
  uint i = invocation_index();
  if (i >= constants.count) return;
  uint plane = i / constants.plane_size;
  uint channel = plane % constants.channels;
  uint row = row_of_plane(plane, channel);
  float mean = statistics.values[2 * row];
  float scale = statistics.values[2 * row + 1];
  // In the order of a chain, see Normalization.swift.
  result.values[i] =
    (source.values[i] - mean) * scale * weight.values[channel] + bias.values[channel];
}
