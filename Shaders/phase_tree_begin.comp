#version 450
// Every node its own component, phase 0, no best edge; levels = magnitudes scaled by a power of two
// so that the strongest is in 1/2 ..< 1, bounded to 2^-17 ... 1.
// One invocation prepares NODES_PER_INVOCATION places and nodes.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(local_size_x_id = 0) in;

// [items, frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Magnitudes { float values[]; } magnitudes;
// [items]
layout(set = 0, binding = 1) readonly restrict buffer Peaks { float values[]; } peaks;
// [items, frames, bins]
layout(set = 0, binding = 2) writeonly restrict buffer Levels { float values[]; } levels;
// [items, rows, bins] each
layout(set = 0, binding = 3) writeonly restrict buffer Components { uint values[]; } components;
layout(set = 0, binding = 4) writeonly restrict buffer Phases { uint values[]; } phases;
layout(set = 0, binding = 5) writeonly restrict buffer Weights { uint values[]; } weights;
layout(set = 0, binding = 6) writeonly restrict buffer Edges { uint values[]; } edges;
// [2 + rounds, items]: no heaviest edge yet, the first round to be done; `round` counts rounds here
layout(set = 0, binding = 7) writeonly restrict buffer Pending { uint values[]; } pending;

#include "phase_tree.glsl"

float power_of_two(float peak) {
  int exponent = int(floatBitsToUint(peak) >> 23 & 0xFFu);
  return uintBitsToFloat(uint(max(253 - exponent, 1)) << 23);
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  float scale = power_of_two(peaks.values[item]);
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j), place = item * place_count() + node;
    if (node >= place_count()) continue;
    float level = magnitudes.values[place] * scale;
    levels.values[place] = level > 7.6293945e-6 ? min(level, 1.0) : 7.6293945e-6;
    if (node >= node_count()) continue;
    uint i = item * node_count() + node;
    components.values[i] = i;
    phases.values[i] = 0;
    weights.values[i] = 0;
    edges.values[i] = NO_EDGE;
  }
  if (workgroup_index() % constants.workgroups_per_item == 0) {
    for (uint row = gl_LocalInvocationID.x; row < constants.round + 2; row += WORKGROUP_SIZE) {
      pending.values[row * constants.items + item] = row == 1 ? NO_EDGE : row == 2 ? 1 : 0;
    }
  }
}
