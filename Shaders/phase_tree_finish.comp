#version 450
// directions = e^(j phase), the phase relative to that of the node where the item's heaviest edge
// begins; from the seed for bins weaker than WEAKEST of the item's strongest; +-1 for bins that are
// their own conjugates.
// One invocation computes NODES_PER_INVOCATION directions.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const float WEAKEST = 1e-4;
layout(constant_id = 2) const uint SEED_LOW = 0;
layout(constant_id = 3) const uint SEED_HIGH = 0;
layout(constant_id = 4) const float TURNS_ALONG_TIME = 1;
layout(local_size_x_id = 0) in;

// [items, frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Magnitudes { float values[]; } magnitudes;
// [items]
layout(set = 0, binding = 1) readonly restrict buffer Peaks { float values[]; } peaks;
// [items, rows, bins]
layout(set = 0, binding = 2) readonly restrict buffer Phases { uint values[]; } phases;
// [items, frames, 2, bins]
layout(set = 0, binding = 3) writeonly restrict buffer Directions { float values[]; } directions;
// [2 + rounds, items]: each item's heaviest edge in the second row
layout(set = 0, binding = 4) readonly restrict buffer Pending { uint values[]; } pending;
// [items, frames, bins]
layout(set = 0, binding = 5) readonly restrict buffer Levels { float values[]; } levels;
// [bins]: turns from frame to frame
layout(set = 0, binding = 6) readonly restrict buffer Carriers { float values[]; } carriers;

#include "phase_tree.glsl"
#include "philox.glsl"
#include "normal_numbers.glsl"
#include "phase_angle.glsl"
#include "phase_gradient.glsl"

uint seeded_phase(uint place) {
  return philox(uvec4(place / 4, 0, 0, 0), uvec2(SEED_LOW, SEED_HIGH))[place % 4];
}

// The phase of a bin, in the phases of its item.
uint phase_at(uint item, uint place) {
  uint frame = place / constants.bins, row = frame / constants.frames_per_node;
  uint node = row * constants.bins + place % constants.bins;
  uint phase = phases.values[item * node_count() + node];
  if (frame == row * constants.frames_per_node) return phase;
  return phase + within_node(item * place_count(), node);
}

void store(uint item, uint place, uint phase) {
  vec2 direction = direction_of_uniform(phase);
  uint bin = place % constants.bins;
  if (bin == 0 || 2 * bin == constants.transform_size) {
    direction = vec2(direction.x < 0.0 ? -1.0 : 1.0, 0.0);
  }
  uint i = item * place_count() + place;
  uint target = i + (i / constants.bins) * constants.bins;
  directions.values[target] = direction.x;
  directions.values[target + constants.bins] = direction.y;
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  float weakest = WEAKEST * peaks.values[item];
  uint edge = pending.values[constants.items + item];
  uint reference = phases.values[item * node_count() + (edge == NO_EDGE ? 0 : edge >> 1)];
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint place = node_of_invocation(j);
    if (place >= place_count()) continue;
    bool is_weak = !(magnitudes.values[item * place_count() + place] >= weakest);
    store(item, place, is_weak ? seeded_phase(place) : phase_at(item, place) - reference);
  }
}
