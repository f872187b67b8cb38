#version 450
// Power spectra from mel bands: a <- (Mt m) / (Mt 1), then `steps` times
// a <- a * Mt(m / (M a)) / (Mt 1). M is kept by rows and by columns, without its zeros.
// One workgroup solves one frame in shared memory.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint BANDS = 64;
layout(constant_id = 2) const uint BINS = 64;
layout(local_size_x_id = 0) in;

// [items, BANDS, frames]
layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } band_power;
// [BANDS, 3]: first bin, place of its weight, number of weights
layout(set = 0, binding = 1) readonly restrict buffer Rows { float values[]; } row_table;
// [BINS, 4]: first band, place of its weight, number of weights, 1 / sum of the weights
layout(set = 0, binding = 2) readonly restrict buffer Columns { float values[]; } column_table;
layout(set = 0, binding = 3) readonly restrict buffer Weights { float values[]; } weights;
// [items, frames, BINS]
layout(set = 0, binding = 4) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint count;
  uint frames;
  uint steps;
} constants;

shared float ratio[BANDS];
shared float estimate[BINS];

#include "indexing.glsl"
#include "reproducible.glsl"

// ratio = m / (M estimate), or m itself before there is an estimate.
void compare(uint first_band, bool has_estimate) {
  for (uint band = gl_LocalInvocationID.x; band < BANDS; band += WORKGROUP_SIZE) {
    float target = band_power.values[first_band + band * constants.frames];
    if (has_estimate) {
      uint bin = uint(row_table.values[3 * band]);
      uint place = uint(row_table.values[3 * band + 1]);
      uint size = uint(row_table.values[3 * band + 2]);
      float sum = 0.0;
      for (uint i = 0; i < size; ++i) sum += estimate[bin + i] * weights.values[place + i];
      target = quotient(target, max(sum, 1.17549435e-38));
    }
    ratio[band] = target;
  }
}

// estimate *= (Mt ratio) / (Mt 1), from 1 at first.
void back_project(bool has_estimate) {
  for (uint bin = gl_LocalInvocationID.x; bin < BINS; bin += WORKGROUP_SIZE) {
    uint band = uint(column_table.values[4 * bin]);
    uint place = uint(column_table.values[4 * bin + 1]);
    uint size = uint(column_table.values[4 * bin + 2]);
    float sum = 0.0;
    for (uint i = 0; i < size; ++i) sum += ratio[band + i] * weights.values[place + i];
    float factor = sum * column_table.values[4 * bin + 3];
    estimate[bin] = has_estimate ? estimate[bin] * factor : factor;
  }
}

void main() {
  uint frame = workgroup_index();
  // Surplus workgroups of a folded grid repeat the last frame, so that all reach every barrier.
  frame = min(frame, constants.count - 1);
  uint item = frame / constants.frames;
  uint first_band = item * BANDS * constants.frames + frame % constants.frames;
  for (uint round = 0; round <= constants.steps; ++round) {
    compare(first_band, round > 0);
    barrier();
    back_project(round > 0);
    barrier();
  }
  for (uint bin = gl_LocalInvocationID.x; bin < BINS; bin += WORKGROUP_SIZE) {
    result.values[frame * BINS + bin] = estimate[bin];
  }
}
