// What the steps of a phase tree share. The twin of PhaseTree.swift and SequentialPhaseTree.swift.
//
// Node i of an item is bin i % bins of frame i / bins. Edge 2i leads to the same bin of the next
// frame, edge 2i + 1 to the next bin. Components are named by a root, an index over all items;
// edges by a number within their item. Phases are turns of 2^32.

layout(push_constant) uniform Constants {
  uint items;
  uint frames;
  uint bins;
  uint transform_size;
  uint workgroups_per_item;
  uint round;
} constants;

const uint NODES_PER_INVOCATION = 8;
const uint NO_EDGE = 0xFFFFFFFFu;

#include "indexing.glsl"

uint node_count() { return constants.frames * constants.bins; }

// Where `pending` says whether an item has anything to do in this round. Its first two rows hold the
// weight and the number of each item's heaviest edge.
uint pending_place(uint item) { return (constants.round + 2) * constants.items + item; }

uint item_of_workgroup() { return workgroup_index() / constants.workgroups_per_item; }

// Node number j of NODES_PER_INVOCATION; at or beyond node_count() there is nothing to do.
uint node_of_invocation(uint j) {
  uint place = workgroup_index() % constants.workgroups_per_item;
  uint size = gl_WorkGroupSize.x;
  return (place * NODES_PER_INVOCATION + j) * size + gl_LocalInvocationID.x;
}

uint next_frame(uint node) {
  uint next = node + constants.bins;
  return next < node_count() ? next : next - node_count();
}

uint previous_frame(uint node) {
  return node >= constants.bins ? node - constants.bins : node + node_count() - constants.bins;
}

uint far_end(uint edge) { return (edge & 1u) == 1u ? (edge >> 1) + 1 : next_frame(edge >> 1); }
