#version 450
// signal[b, t] = sum of frames[b, m, i] over every m, i with m * hop - offset + i = t: around the
// signal (BOUNDARY 0), inside it (1), or with the mirror images of t (2).
// The adjoint of frames.comp. One invocation gathers one sample, in the order of the frames.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint BOUNDARY = 0;
layout(local_size_x_id = 0) in;

// [B, M, W]
layout(set = 0, binding = 0) readonly restrict buffer Frames { float values[]; } frames;
// [B, T]
layout(set = 0, binding = 1) writeonly restrict buffer Signal { float values[]; } signal;

layout(push_constant) uniform Constants {
  uint count;
  int frame_size;
  int hop;
  int frame_count;
  int sample_count;
  int offset;
} constants;

#include "floor_division.glsl"
#include "indexing.glsl"

// The sum of what every frame holds at a position counted from frame 0's first sample.
float gather(int item, int position) {
  int first = floor_division(position - constants.frame_size, constants.hop) + 1;
  int last = floor_division(position, constants.hop);
  if (BOUNDARY != 0) {
    first = max(first, 0);
    last = min(last, constants.frame_count - 1);
  }
  float sum = 0.0;
  for (int frame = first; frame <= last; ++frame) {
    int row = BOUNDARY == 0 ? modulo(frame, constants.frame_count) : frame;
    int element = position - frame * constants.hop;
    sum += frames.values[(item * constants.frame_count + row) * constants.frame_size + element];
  }
  return sum;
}

void main() {
  uint index = invocation_index();
  if (index < constants.count) {
    int t = int(index) % constants.sample_count;
    int item = int(index) / constants.sample_count;
    int last = constants.sample_count - 1;
    float sum = gather(item, t + constants.offset);
    if (BOUNDARY == 2) {
      if (t > 0) sum += gather(item, constants.offset - t);
      if (t < last) sum += gather(item, constants.offset + 2 * last - t);
    }
    signal.values[index] = sum;
  }
}
