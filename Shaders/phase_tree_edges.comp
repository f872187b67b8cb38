#version 450
// Of the edges from each component to others, in the first round also of all edges of an item, the
// largest weight, then (CHOOSE) the lowest number among the edges of that weight; weights are
// compared as bits, like which positive numbers compare. Integer atomics: any order gives the same
// result.
// One invocation looks at the two edges that begin at each of NODES_PER_INVOCATION nodes.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const bool CHOOSE = false;
layout(local_size_x_id = 0) in;

// [items, rows, bins, 2]: the two edges that begin at each node
layout(set = 0, binding = 0) readonly restrict buffer EdgeWeights { float values[]; } edge_weights;
// [items, rows, bins] each; weights and edges are those of the components' roots
layout(set = 0, binding = 1) readonly restrict buffer Components { uint values[]; } components;
// [2 + rounds, items]
layout(set = 0, binding = 2) buffer Pending { uint values[]; } pending;
layout(set = 0, binding = 3) buffer Weights { uint values[]; } weights;
layout(set = 0, binding = 4) buffer Edges { uint values[]; } edges;

#include "phase_tree.glsl"

// The loads before atomics only spare atomics that would change nothing.
void offer(uint component, uint weight, uint edge) {
  if (CHOOSE) {
    if (weights.values[component] == weight && edges.values[component] > edge) {
      atomicMin(edges.values[component], edge);
    }
  } else if (weights.values[component] < weight) {
    atomicMax(weights.values[component], weight);
  }
}

void offer_to_item(uint item, uint weight, uint edge) {
  uint choice = constants.items + item;
  if (CHOOSE) {
    if (pending.values[item] == weight && pending.values[choice] > edge) {
      atomicMin(pending.values[choice], edge);
    }
  } else if (pending.values[item] < weight) {
    atomicMax(pending.values[item], weight);
  }
}

void look_at(uint edge, uint item) {
  uint first_node = item * node_count();
  uint a = first_node + (edge >> 1), b = first_node + far_end(edge);
  uint from = components.values[a], to = components.values[b];
  if (from == to) return;
  uint weight = floatBitsToUint(edge_weights.values[2 * first_node + edge]);
  offer(from, weight, edge);
  offer(to, weight, edge);
  if (constants.round == 0) offer_to_item(item, weight, edge);
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  if (pending.values[pending_place(item)] == 0) return;
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j);
    if (node >= node_count()) continue;
    look_at(2 * node, item);
    if (node % constants.bins + 1 < constants.bins) look_at(2 * node + 1, item);
  }
}
