#version 450
// New parents and lifts of roots: up to JUMPS + 1 parents further, lifts added on the way.
// One invocation looks at NODES_PER_INVOCATION nodes.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const uint JUMPS = 128;
layout(local_size_x_id = 0) in;

// [items, rows, bins] each
layout(set = 0, binding = 0) readonly restrict buffer Components { uint values[]; } components;
layout(set = 0, binding = 1) readonly restrict buffer Parents { uint values[]; } parents;
layout(set = 0, binding = 2) readonly restrict buffer Lifts { uint values[]; } lifts;
// [2 + rounds, items]
layout(set = 0, binding = 3) readonly restrict buffer Pending { uint values[]; } pending;
layout(set = 0, binding = 4) writeonly restrict buffer NewParents { uint values[]; } new_parents;
layout(set = 0, binding = 5) writeonly restrict buffer NewLifts { uint values[]; } new_lifts;

#include "phase_tree.glsl"

void jump(uint root) {
  uint at = parents.values[root], lift = lifts.values[root];
  for (uint jump = 0; jump < JUMPS; ++jump) {
    uint parent = parents.values[at];
    if (parent == at) break;
    lift += lifts.values[at];
    at = parent;
  }
  new_parents.values[root] = at;
  new_lifts.values[root] = lift;
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  if (pending.values[pending_place(item)] == 0) return;
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j), i = item * node_count() + node;
    if (node < node_count() && components.values[i] == i) jump(i);
  }
}
