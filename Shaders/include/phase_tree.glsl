// What the steps of a phase tree share. The twin of PhaseEdges.swift and SequentialPhaseTree.swift.
//
// Place i of an item is bin i % bins of frame i / bins. With one frame per node, nodes are places.
// With two, row r of nodes holds the frames 2r and 2r + 1 (the last row one, where the number is
// odd), and a node's phase is that of its first frame. Edge 2i leads to the same bin of the next
// row, edge 2i + 1 to the next bin. Components are named by a root, an index over all items; edges
// by a number within their item. Phases are turns of 2^32.

layout(push_constant) uniform Constants {
  uint items;
  uint frames;
  uint bins;
  uint frames_per_node;
  uint transform_size;
  uint workgroups_per_item;
  uint round;
} constants;

const uint NODES_PER_INVOCATION = 8;
const uint NO_EDGE = 0xFFFFFFFFu;

#include "indexing.glsl"

uint place_count() { return constants.frames * constants.bins; }

uint node_count() {
  return (constants.frames + constants.frames_per_node - 1) / constants.frames_per_node
    * constants.bins;
}

// Where `pending` says whether an item has anything to do in this round. Its first two rows hold
// the weight and the number of each item's heaviest edge.
uint pending_place(uint item) { return (constants.round + 2) * constants.items + item; }

uint item_of_workgroup() { return workgroup_index() / constants.workgroups_per_item; }

// Number j of NODES_PER_INVOCATION nodes or places; beyond the last there is nothing to do.
uint node_of_invocation(uint j) {
  uint place = workgroup_index() % constants.workgroups_per_item;
  uint size = gl_WorkGroupSize.x;
  return (place * NODES_PER_INVOCATION + j) * size + gl_LocalInvocationID.x;
}

// A node's bin in its first frame.
uint place_of(uint node) {
  return node + node / constants.bins * (constants.frames_per_node - 1) * constants.bins;
}

bool has_second_frame(uint node) {
  return constants.frames_per_node == 2 && node / constants.bins * 2 + 1 < constants.frames;
}

uint last_place_of(uint node) {
  return place_of(node) + (has_second_frame(node) ? constants.bins : 0u);
}

uint next_frame(uint place) {
  uint next = place + constants.bins;
  return next < place_count() ? next : next - place_count();
}

uint previous_frame(uint place) {
  return place >= constants.bins ? place - constants.bins : place + place_count() - constants.bins;
}

uint far_end(uint edge) {
  uint node = edge >> 1;
  if ((edge & 1u) == 1u) return node + 1;
  uint next = node + constants.bins;
  return next < node_count() ? next : next - node_count();
}
