#version 450
// A quarter of the square of what each edge weighs: the product of both ends' levels, each times
// 1 - TILT * bin; of two frames the length of the sum of both products times their directions.
// One invocation weighs the two edges that begin at each of NODES_PER_INVOCATION nodes.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const float TURNS_ALONG_TIME = 1;
layout(constant_id = 2) const float TURNS_ALONG_FREQUENCY = 1;
layout(constant_id = 3) const float TILT = 0.000244140625;
layout(local_size_x_id = 0) in;

// [items, frames, bins]
layout(set = 0, binding = 0) readonly restrict buffer Levels { float values[]; } levels;
// [bins]: turns from frame to frame
layout(set = 0, binding = 1) readonly restrict buffer Carriers { float values[]; } carriers;
// [items, rows, bins, 2]
layout(set = 0, binding = 2) writeonly restrict buffer EdgeWeights { float values[]; } edge_weights;

#include "phase_tree.glsl"
#include "normal_numbers.glsl"
#include "phase_angle.glsl"
#define STEPS_ALONG_FREQUENCY
#include "phase_gradient.glsl"

float leaning(uint first_level, uint place, uint bin) {
  return levels.values[first_level + place] * (1.0 - TILT * float(bin));
}

float weight_in_time(uint first_level, uint node, uint bin) {
  uint last = last_place_of(node);
  float next = leaning(first_level, next_frame(last), bin);
  precise float product = leaning(first_level, last, bin) * next;
  return 0.25 * product * product;
}

// Never contracted: edges that weigh the same do so on every device.
float weight_in_frequency(uint first_level, uint node, uint bin) {
  uint first = place_of(node), second = first + constants.bins;
  float above = leaning(first_level, first + 1, bin + 1);
  precise float product = leaning(first_level, first, bin) * above;
  if (!has_second_frame(node)) return 0.25 * product * product;
  above = leaning(first_level, second + 1, bin + 1);
  precise float other = leaning(first_level, second, bin) * above;
  uint turn = second_step(first_level, node) - step_in_frequency(first_level, first);
  // |a + b e^(j t)|^2 = (a - b)^2 + 4 a b cos^2(t / 2), the same for t and -t to the last bit.
  float cosine = direction_of_uniform(min(turn, 0u - turn) >> 1).x;
  precise float joint = product * other * (cosine * cosine);
  precise float difference = product - other;
  precise float weight = 0.25 * difference * difference + joint;
  return max(weight, 7.8886091e-31);
}

void main() {
  uint item = item_of_workgroup();
  if (item >= constants.items) return;
  uint first_level = item * place_count();
  for (uint j = 0; j < NODES_PER_INVOCATION; ++j) {
    uint node = node_of_invocation(j);
    if (node >= node_count()) continue;
    uint bin = node % constants.bins, edge = 2 * (item * node_count() + node);
    edge_weights.values[edge] = weight_in_time(first_level, node, bin);
    if (bin + 1 < constants.bins) {
      edge_weights.values[edge + 1] = weight_in_frequency(first_level, node, bin);
    }
  }
}
