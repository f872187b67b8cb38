#version 450
// parents[root] = the component across the root's best edge, lifts[root] = the root's phase
// relative to that component's. Of two components that chose the same edge the lower one stays.
// The phase difference along an edge is that of PhaseGradient. One invocation looks at
// NODES_PER_INVOCATION nodes; those that are no roots have nothing to do.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const float TURNS_ALONG_TIME = 1;
layout(constant_id = 2) const float TURNS_ALONG_FREQUENCY = 1;
layout(local_size_x_id = 0) in;

// [items, frames, bins] each
layout(set = 0, binding = 0) readonly restrict buffer Levels { float values[]; } levels;
// [bins]: turns from frame to frame
layout(set = 0, binding = 1) readonly restrict buffer Carriers { float values[]; } carriers;
layout(set = 0, binding = 2) readonly restrict buffer Components { uint values[]; } components;
layout(set = 0, binding = 3) readonly restrict buffer Phases { uint values[]; } phases;
layout(set = 0, binding = 4) readonly restrict buffer Edges { uint values[]; } edges;
layout(set = 0, binding = 5) writeonly restrict buffer Parents { uint values[]; } parents;
layout(set = 0, binding = 6) writeonly restrict buffer Lifts { uint values[]; } lifts;
// [2 + rounds, items]
layout(set = 0, binding = 7) buffer Pending { uint values[]; } pending;

#include "phase_tree.glsl"

// log(a / b) of levels: 2 artanh((a - c) / (a + c)) by its series, with c = b times a power of two
// near a, so that a - c is exact. A difference of two logarithms would round 8 times as much.
float log_of_ratio(float a, float b) {
  int pattern = int(floatBitsToUint(b));
  int exponent = (int(floatBitsToUint(a)) - pattern + 0x400000) >> 23;
  float c = uintBitsToFloat(uint(pattern + exponent * 0x800000));
  float s = (a - c) / (a + c);
  float z = s * s;
  float series = 0.14285715 + z * (0.11111111 + z * 0.09090909);
  series = 0.33333334 + z * (0.2 + z * series);
  return float(exponent) * 0.6931472 + 2.0 * (s + s * z * series);
}

float across_bins(uint first_node, uint node) {
  uint bin = node % constants.bins;
  uint above = bin + 1 < constants.bins ? node + 1 : node - 1;
  uint below = bin > 0 ? node - 1 : node + 1;
  return log_of_ratio(levels.values[first_node + above], levels.values[first_node + below]);
}

float across_frames(uint first_node, uint node) {
  return log_of_ratio(
    levels.values[first_node + next_frame(node)], levels.values[first_node + previous_frame(node)]);
}

// To the nearest turn what a float tells of turns; the carrier's are added as integers.
uint turned(float turns) {
  return uint(int(clamp(turns - round(turns), -0.5, 0.49999997) * 4294967296.0));
}

uint difference(uint first_node, uint edge) {
  uint node = edge >> 1, next = far_end(edge);
  if ((edge & 1u) == 0u) {
    float slope = across_bins(first_node, node) + across_bins(first_node, next);
    uint carrier = uint(carriers.values[node % constants.bins] * 4294967296.0);
    return turned(0.5 * TURNS_ALONG_TIME * slope) + carrier;
  }
  float slope = across_frames(first_node, node) + across_frames(first_node, next);
  return turned(0.5 * TURNS_ALONG_FREQUENCY * slope);
}

void hook(uint first_node, uint root, uint edge) {
  uint a = first_node + (edge >> 1), b = first_node + far_end(edge);
  bool is_first = components.values[a] == root;
  uint other = is_first ? components.values[b] : components.values[a];
  bool stays = edges.values[other] == edge && root < other;
  uint step = phases.values[b] - phases.values[a] - difference(first_node, edge);
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
