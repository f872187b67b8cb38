#version 450
// frames[b, m, i] = signal[b, m * hop - offset + i]; outside the signal it is read around (BOUNDARY
// 0), as zero (1) or mirrored at the first and last sample (2).
// One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint BOUNDARY = 0;
layout(local_size_x_id = 0) in;

// [B, T]
layout(set = 0, binding = 0) readonly restrict buffer Signal { float values[]; } signal;
// [B, M, W]
layout(set = 0, binding = 1) writeonly restrict buffer Frames { float values[]; } frames;

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

float sample_at(int item, int position) {
  int last = constants.sample_count - 1;
  if (position < 0 || position > last) {
    if (BOUNDARY == 1) return 0.0;
    if (BOUNDARY == 2) {
      position = abs(position);
      position = position > last ? 2 * last - position : position;
    } else {
      position = modulo(position, constants.sample_count);
    }
  }
  return signal.values[item * constants.sample_count + position];
}

void main() {
  uint index = invocation_index();
  if (index < constants.count) {
    int row = int(index) / constants.frame_size;
    int i = int(index) % constants.frame_size;
    int frame = row % constants.frame_count;
    int item = row / constants.frame_count;
    frames.values[index] = sample_at(item, frame * constants.hop - constants.offset + i);
  }
}
