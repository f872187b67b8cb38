#version 450
// directions = e^(j phase), the phase relative to that of the node where the item's heaviest edge
// begins; from the seed for bins weaker than WEAKEST of the item's strongest; +-1 for bins that are
// their own conjugates.
// One invocation computes NODES_PER_INVOCATION directions.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const float WEAKEST = 1e-4;
layout(constant_id = 2) const uint SEED_LOW = 0;
layout(constant_id = 3) const uint SEED_HIGH = 0;
layout(local_size_x_id = 0) in;

// [items, frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Magnitudes { float values[]; } magnitudes;
// [items]
layout(set = 0, binding = 1) readonly restrict buffer Peaks { float values[]; } peaks;
// [items, frames, bins]
layout(set = 0, binding = 2) readonly restrict buffer Phases { uint values[]; } phases;
// [items, frames, 2, bins]
layout(set = 0, binding = 3) writeonly restrict buffer Directions { float values[]; } directions;
// [2 + rounds, items]: each item's heaviest edge in the second row
layout(set = 0, binding = 4) readonly restrict buffer Pending { uint values[]; } pending;

#include "phase_tree.glsl"
#include "philox.glsl"
#include "normal_numbers.glsl"

uint seeded_phase(uint node) {
  return philox(uvec4(node / 4, 0, 0, 0), uvec2(SEED_LOW, SEED_HIGH))[node % 4];
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  uint first_node = item * node_count();
  float weakest = WEAKEST * peaks.values[item];
  uint edge = pending.values[constants.items + item];
  uint reference = phases.values[first_node + (edge == NO_EDGE ? 0 : edge >> 1)];
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j), i = first_node + node;
    if (node >= node_count()) continue;
    bool is_weak = !(magnitudes.values[i] >= weakest);
    uint phase = is_weak ? seeded_phase(node) : phases.values[i] - reference;
    vec2 direction = direction_of_uniform(phase);
    uint bin = node % constants.bins;
    if (bin == 0 || 2 * bin == constants.transform_size) {
      direction = vec2(direction.x < 0.0 ? -1.0 : 1.0, 0.0);
    }
    uint target = i + (i / constants.bins) * constants.bins;
    directions.values[target] = direction.x;
    directions.values[target + constants.bins] = direction.y;
  }
}
