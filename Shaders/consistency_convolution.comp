#version 450
// result[m, k] = sum over |q| < shifts, |p| <= reach of
//     a[|q|][|p|] e^(-j pi (2k + p) q hop / N) spectra[(m + q) mod frames, k + p].
// Spectra continue beyond both ends by conjugate symmetry; their own conjugates are real.
// One workgroup computes a tile of 5 WORKGROUP_SIZE bins of one frame: for each |q|, both other
// frames are turned by their factors of k + p into shared memory, convolved, and turned by that of
// k. An invocation has five neighbours, whose surroundings move through its registers.

layout(constant_id = 0) const uint WORKGROUP_SIZE = 128;
layout(constant_id = 1) const uint REACH = 8;
layout(local_size_x_id = 0) in;

const uint BINS_PER_INVOCATION = 5;

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
const uint STRIP = TILE_BINS + 2 * REACH;

// The frame q ahead, then the frame q behind; parts apart, so that lanes five bins from each other
// use different banks.
shared float real_parts[2 * STRIP];
shared float imaginary_parts[2 * STRIP];

// Read once: software devices read push constants anew in every round of a loop.
int bins, transform_size;

// Five neighbours. Not an array: what is indexed by a loop that a driver does not unroll is kept in
// memory.
struct Bins { vec2 a, b, c, d, e; };

#include "floor_division.glsl"
#include "indexing.glsl"

vec2 product(vec2 a, vec2 b) { return vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// e^(-j theta) of bin k for shift q, theta = pi k q hop / N.
vec2 turn_of(int q, int k) {
  int place = 2 * q * bins + k;
  return vec2(turns.values[place], -turns.values[place + bins]);
}

bool is_own_conjugate(int k) { return k == 0 || 2 * k == transform_size; }

vec2 spectrum(int row, int k) {
  int place = 2 * row * bins + k;
  float imaginary = spectra.values[place + bins];
  return vec2(spectra.values[place], is_own_conjugate(k) ? 0.0 : imaginary);
}

void keep(uint place, vec2 value, bool is_mirrored, bool is_odd) {
  real_parts[place] = is_odd ? -value.x : value.x;
  imaginary_parts[place] = is_mirrored != is_odd ? -value.y : value.y;
}

// The rows q ahead and behind, turned, with what lies beyond their ends; anything where no tap of a
// bin reaches.
void load(int q, int ahead, int behind, int first, bool is_odd_turn) {
  for (uint i = gl_LocalInvocationID.x; i < STRIP; i += WORKGROUP_SIZE) {
    int bin = first + int(i) - int(REACH);
    int k = bin < 0 ? -bin : (bin < bins ? bin : transform_size - bin);
    k = clamp(k, 0, bins - 1);
    bool is_mirrored = k != bin, is_odd = is_odd_turn && is_mirrored && bin > 0;
    vec2 turn = turn_of(q, k);
    keep(i, product(spectrum(ahead, k), turn), is_mirrored, is_odd);
    if (q > 0) {
      keep(STRIP + i, product(spectrum(behind, k), vec2(turn.x, -turn.y)), is_mirrored, is_odd);
    }
  }
}

vec2 kept(uint place) { return vec2(real_parts[place], imaginary_parts[place]); }

// The strip convolved with the taps of a shift, at a place and the next four.
Bins convolved(uint first_tap, uint tap_count, uint place) {
  float tap = tap_count > 0 ? taps.values[first_tap] : 0.0;
  Bins above =
    Bins(kept(place), kept(place + 1), kept(place + 2), kept(place + 3), kept(place + 4));
  Bins below = above;
  Bins sums = Bins(tap * above.a, tap * above.b, tap * above.c, tap * above.d, tap * above.e);
  for (uint t = 1; t < tap_count; ++t) {
    tap = taps.values[first_tap + t];
    above = Bins(above.b, above.c, above.d, above.e, kept(place + 4 + t));
    below = Bins(kept(place - t), below.a, below.b, below.c, below.d);
    sums.a += tap * (above.a + below.a);
    sums.b += tap * (above.b + below.b);
    sums.c += tap * (above.c + below.c);
    sums.d += tap * (above.d + below.d);
    sums.e += tap * (above.e + below.e);
  }
  return sums;
}

// What comes from ahead and from behind, turned by the factor of k and added to a sum.
void add(inout vec2 sum, vec2 ahead, vec2 behind, int q, int k) {
  vec2 turn = turn_of(q, min(k, bins - 1));
  sum += product(ahead, turn);
  sum += product(behind, vec2(turn.x, -turn.y));
}

void add(inout Bins sums, Bins ahead, Bins behind, int q, int k) {
  add(sums.a, ahead.a, behind.a, q, k);
  add(sums.b, ahead.b, behind.b, q, k + 1);
  add(sums.c, ahead.c, behind.c, q, k + 2);
  add(sums.d, ahead.d, behind.d, q, k + 3);
  add(sums.e, ahead.e, behind.e, q, k + 4);
}

void store(int row, int k, vec2 value) {
  int target = 2 * row * bins + k;
  if (k < bins) {
    result.values[target] = value.x;
    result.values[target + bins] = is_own_conjugate(k) ? 0.0 : value.y;
  }
}

void store(int row, int k, Bins values) {
  store(row, k, values.a);
  store(row, k + 1, values.b);
  store(row, k + 2, values.c);
  store(row, k + 3, values.d);
  store(row, k + 4, values.e);
}

void main() {
  // Surplus workgroups of a folded grid repeat the last tile, so that all reach every barrier.
  uint tile = min(workgroup_index(), constants.tile_count - 1);
  int frames = constants.frames, shifts = constants.shifts, hop = int(constants.hop);
  bins = constants.bins;
  transform_size = constants.transform_size;
  int row = int(tile / constants.tiles_per_row), frame = row % frames;
  int first = int((tile % constants.tiles_per_row) * TILE_BINS);
  uint own = gl_LocalInvocationID.x * BINS_PER_INVOCATION;
  int k = first + int(own);
  Bins sums = Bins(vec2(0.0), vec2(0.0), vec2(0.0), vec2(0.0), vec2(0.0)), behind = sums;
  for (int q = 0; q < shifts; ++q) {
    int next = row - frame + modulo(frame + q, frames);
    int previous = row - frame + modulo(frame - q, frames);
    load(q, next, previous, first, (q * hop & 1) == 1);
    barrier();
    uint first_tap = uint(places.values[2 * q]), tap_count = uint(places.values[2 * q + 1]);
    Bins ahead = convolved(first_tap, tap_count, REACH + own);
    if (q > 0) behind = convolved(first_tap, tap_count, STRIP + REACH + own);
    add(sums, ahead, behind, q, k);
    barrier();
  }
  store(row, k, sums);
}
