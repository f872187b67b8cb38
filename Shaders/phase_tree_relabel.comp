#version 450
// Every node's component becomes the root that its old root now belongs to, its phase is lifted to
// that root, and best weights and edges are forgotten.
// One invocation relabels NODES_PER_INVOCATION nodes.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const uint JUMPS = 128;
layout(local_size_x_id = 0) in;

// [items, rows, bins] each
layout(set = 0, binding = 0) readonly restrict buffer Parents { uint values[]; } parents;
layout(set = 0, binding = 1) readonly restrict buffer Lifts { uint values[]; } lifts;
// [2 + rounds, items]
layout(set = 0, binding = 2) readonly restrict buffer Pending { uint values[]; } pending;
layout(set = 0, binding = 3) restrict buffer Components { uint values[]; } components;
layout(set = 0, binding = 4) restrict buffer Phases { uint values[]; } phases;
layout(set = 0, binding = 5) writeonly restrict buffer Weights { uint values[]; } weights;
layout(set = 0, binding = 6) writeonly restrict buffer Edges { uint values[]; } edges;

#include "phase_tree.glsl"

void relabel(uint i) {
  uint at = components.values[i], phase = phases.values[i];
  for (uint jump = 0; jump < JUMPS; ++jump) {
    uint parent = parents.values[at];
    if (parent == at) break;
    phase += lifts.values[at];
    at = parent;
  }
  components.values[i] = at;
  phases.values[i] = phase;
  weights.values[i] = 0;
  edges.values[i] = NO_EDGE;
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  if (pending.values[pending_place(item)] == 0) return;
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j);
    if (node < node_count()) relabel(item * node_count() + node);
  }
}
