#version 450
// parents[root] = the component across the root's best edge, lifts[root] = the root's phase
// relative to that component's. Of two components that chose the same edge the lower one stays.
// The phase difference along an edge is that of PhaseGradient. One invocation looks at
// NODES_PER_INVOCATION nodes; those that are no roots have nothing to do.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const float TURNS_ALONG_TIME = 1;
layout(constant_id = 2) const float TURNS_ALONG_FREQUENCY = 1;
layout(local_size_x_id = 0) in;

// [items, frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Levels { float values[]; } levels;
// [bins]: turns from frame to frame
layout(set = 0, binding = 1) readonly restrict buffer Carriers { float values[]; } carriers;
// [items, rows, bins] each
layout(set = 0, binding = 2) readonly restrict buffer Components { uint values[]; } components;
layout(set = 0, binding = 3) readonly restrict buffer Phases { uint values[]; } phases;
layout(set = 0, binding = 4) readonly restrict buffer Edges { uint values[]; } edges;
layout(set = 0, binding = 5) writeonly restrict buffer Parents { uint values[]; } parents;
layout(set = 0, binding = 6) writeonly restrict buffer Lifts { uint values[]; } lifts;
// [2 + rounds, items]
layout(set = 0, binding = 7) buffer Pending { uint values[]; } pending;

#include "phase_tree.glsl"
#include "normal_numbers.glsl"
#include "phase_angle.glsl"
#define STEPS_ALONG_FREQUENCY
#include "phase_gradient.glsl"

float weight_of(uint first_level, uint place) {
  return levels.values[first_level + place] * levels.values[first_level + place + 1];
}

// Of two frames the mean step, weighted by what it joins.
uint difference(uint first_level, uint edge) {
  uint node = edge >> 1, place = place_of(node);
  if ((edge & 1u) == 0u) {
    return within_node(first_level, node) + step_in_time(first_level, last_place_of(node));
  }
  uint step = step_in_frequency(first_level, place);
  if (!has_second_frame(node)) return step;
  uint turn = second_step(first_level, node) - step;
  vec2 mean = weight_of(first_level, place + constants.bins) * direction_of_uniform(turn);
  mean.x += weight_of(first_level, place);
  return step + angle_of(mean);
}

void hook(uint first_node, uint root, uint edge) {
  uint a = first_node + (edge >> 1), b = first_node + far_end(edge);
  bool is_first = components.values[a] == root;
  uint other = is_first ? components.values[b] : components.values[a];
  bool stays = edges.values[other] == edge && root < other;
  uint item = first_node / node_count();
  uint step = phases.values[b] - phases.values[a] - difference(item * place_count(), edge);
  parents.values[root] = stays ? root : other;
  lifts.values[root] = stays ? 0 : (is_first ? step : 0u - step);
}

void main() {
  uint item = item_of_workgroup();
  uint round = pending_place(item);
  if (item >= constants.items || pending.values[round] == 0) return;
  uint first_node = item * node_count();
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j), i = first_node + node;
    if (node >= node_count() || components.values[i] != i) continue;
    uint edge = edges.values[i];
    if (edge == NO_EDGE) {
      parents.values[i] = i;
      lifts.values[i] = 0;
    } else {
      hook(first_node, i, edge);
      uint next_round = round + constants.items;
      if (pending.values[next_round] == 0) atomicMax(pending.values[next_round], 1);
    }
  }
}
