#version 450
// frames[b, m, H + n] = even[b, m, |n|] + sign(n) odd[b, m, |n|] for -H < n < H, and 0 for n = -H.
// FOLDS computes the adjoint: even[n] = frames[H + n] + frames[H - n], odd[n] their difference;
// frames[H] once in even[0], 0 in odd[0]. One invocation computes one element.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const bool FOLDS = false;
layout(local_size_x_id = 0) in;

// [2, rows, H], or with FOLDS [rows, 2 H]
layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
// [rows, 2 H], or with FOLDS [2, rows, H]
layout(set = 0, binding = 1) writeonly restrict buffer Result { float values[]; } result;

// Numbers of the result, rows of each half, H.
layout(push_constant) uniform Constants { uint count; int rows; int half_size; } constants;

#include "indexing.glsl"

float unfolded(int row, int n) {
  if (n == -constants.half_size) return 0.0;
  int place = row * constants.half_size + abs(n);
  float even = source.values[place];
  float odd = source.values[place + constants.rows * constants.half_size];
  return n == 0 ? even : n > 0 ? even + odd : even - odd;
}

float folded(int row, int n, bool is_odd) {
  int center = 2 * row * constants.half_size + constants.half_size;
  float above = source.values[center + n], below = source.values[center - n];
  if (n == 0) return is_odd ? 0.0 : above;
  return is_odd ? above - below : above + below;
}

void main() {
  uint index = invocation_index();
  if (index >= constants.count) return;
  int size = FOLDS ? constants.half_size : 2 * constants.half_size;
  int row = int(index) / size, place = int(index) % size;
  result.values[index] = FOLDS
    ? folded(row % constants.rows, place, row >= constants.rows)
    : unfolded(row, place - constants.half_size);
}
