#version 450
// result[m, k] = sum over |q| < shifts, |p| <= reach of
//     a[|q|][|p|] e^(-j pi (2k + p) q hop / N) spectra[(m + q) mod frames, k + p].
// Spectra continue beyond both ends by conjugate symmetry; their own conjugates are real.
// One workgroup computes a tile of 5 WORKGROUP_SIZE bins of one frame: for each q, the other frame
// is turned by its factor of k + p into shared memory, convolved, and turned by the factor of k.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const uint REACH = 8;
layout(local_size_x_id = 0) in;

#define BINS_PER_INVOCATION 5

// [items, frames, 2, bins]
layout(set = 0, binding = 0) readonly restrict buffer Spectra { float values[]; } spectra;
// [shifts, 2]: where the taps of a shift begin, and how many there are
layout(set = 0, binding = 1) readonly restrict buffer Places { float values[]; } places;
layout(set = 0, binding = 2) readonly restrict buffer Taps { float values[]; } taps;
// [shifts, 2, bins]: cos and sin of pi k q hop / N
layout(set = 0, binding = 3) readonly restrict buffer Turns { float values[]; } turns;
// [items, frames, 2, bins]
layout(set = 0, binding = 4) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint tile_count;
  uint tiles_per_row;
  int frames;
  int bins;
  int transform_size;
  uint hop;
  int shifts;
} constants;

const uint TILE_BINS = BINS_PER_INVOCATION * WORKGROUP_SIZE;

shared vec2 strip[TILE_BINS + 2 * REACH];

#include "floor_division.glsl"
#include "indexing.glsl"

// e^(-j theta) of bin k for shift q, theta = pi k q hop / N.
vec2 turn_of(int q, int k) {
  int place = 2 * abs(q) * constants.bins + k;
  float sine = turns.values[place + constants.bins];
  return vec2(turns.values[place], q < 0 ? sine : -sine);
}

vec2 product(vec2 a, vec2 b) { return vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// A bin of the row at `source`, turned; also beyond the ends, 0 where no tap reaches.
vec2 turned(int source, int q, int bin) {
  int k = bin < 0 ? -bin : (bin < constants.bins ? bin : constants.transform_size - bin);
  if (k < 0 || k >= constants.bins) return vec2(0.0);
  bool is_own_conjugate = k == 0 || 2 * k == constants.transform_size;
  float imaginary = is_own_conjugate ? 0.0 : spectra.values[source + constants.bins + k];
  vec2 value = product(vec2(spectra.values[source + k], imaginary), turn_of(q, k));
  if (k == bin) return value;
  bool is_odd = bin > 0 && (uint(abs(q)) * constants.hop & 1u) == 1u;
  return is_odd ? vec2(-value.x, value.y) : vec2(value.x, -value.y);
}

// The strip convolved with the taps of shift q, around one of its places.
vec2 convolved(int q, uint center) {
  uint first_tap = uint(places.values[2 * abs(q)]);
  uint tap_count = uint(places.values[2 * abs(q) + 1]);
  if (tap_count == 0) return vec2(0.0);
  vec2 sum = taps.values[first_tap] * strip[center];
  for (uint t = 1; t < tap_count; ++t) {
    sum += taps.values[first_tap + t] * (strip[center + t] + strip[center - t]);
  }
  return sum;
}

void store(int row, int k, vec2 value) {
  bool is_own_conjugate = k == 0 || 2 * k == constants.transform_size;
  result.values[row * 2 * constants.bins + k] = value.x;
  result.values[(row * 2 + 1) * constants.bins + k] = is_own_conjugate ? 0.0 : value.y;
}

void main() {
  // Surplus workgroups of a folded grid repeat the last tile, so that all reach every barrier.
  uint tile = min(workgroup_index(), constants.tile_count - 1);
  int row = int(tile / constants.tiles_per_row), frame = row % constants.frames;
  int first = int((tile % constants.tiles_per_row) * TILE_BINS);
  vec2 sums[BINS_PER_INVOCATION];
  for (uint j = 0; j < BINS_PER_INVOCATION; ++j) sums[j] = vec2(0.0);
  for (int q = 1 - constants.shifts; q < constants.shifts; ++q) {
    int source = (row - frame + modulo(frame + q, constants.frames)) * 2 * constants.bins;
    for (uint i = gl_LocalInvocationID.x; i < TILE_BINS + 2 * REACH; i += WORKGROUP_SIZE) {
      strip[i] = turned(source, q, first + int(i) - int(REACH));
    }
    barrier();
    for (uint j = 0; j < BINS_PER_INVOCATION; ++j) {
      uint i = gl_LocalInvocationID.x + j * WORKGROUP_SIZE;
      int k = first + int(i);
      if (k < constants.bins) sums[j] += product(convolved(q, REACH + i), turn_of(q, k));
    }
    barrier();
  }
  for (uint j = 0; j < BINS_PER_INVOCATION; ++j) {
    int k = first + int(gl_LocalInvocationID.x + j * WORKGROUP_SIZE);
    if (k < constants.bins) store(row, k, sums[j]);
  }
}
