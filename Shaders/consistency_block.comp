#version 450
// P[m, k] = sum over |q| < shifts, |p| <= 6 of
//     a[|q|][|p|] e^(-j pi (2k + p) q hop / N) spectra[(m + q) mod frames, k + p].
// Spectra continue beyond both ends by conjugate symmetry; their own conjugates are real. P is
// stored; with STEP y = g A c / sqrt(|c|^2 + s^2 A^2), c = t + step (P - t), then
// t + relaxation (P - t).
// An invocation computes 8 bins of 4 frames n .. n + 3. Every frame n + d in reach is turned by
// e^(-j 2 pi k d hop / N): then the factors of taps do not depend on k, a frame is read once for
// four, and nothing is shared.
//@variant step STEP=1

layout(constant_id = 0) const uint WORKGROUP_SIZE = 32;
layout(local_size_x_id = 0) in;
#ifdef STEP
// The first iteration has no t yet, the last needs none.
layout(constant_id = 1) const bool IS_FIRST = false;
layout(constant_id = 2) const bool IS_LAST = false;
#endif

const int BINS = 8, FRAMES = 4, REACH = 6;
// Vectors of `table` for a frame in reach: taps of four results, turns of 20 bins.
const int VECTORS_PER_TAPS = 4, VECTORS_PER_FRAME = 26;

// [items, frames, 2, bins]; with STEP y, then as many numbers of t
layout(set = 0, binding = 0) readonly restrict buffer Spectra { float values[]; } spectra;
// [FRAMES + 2 shifts - 2] of [FRAMES, 8, 2] taps a e^(j pi p (2d - q) hop / N), then [20, 2] turns
// e^(-j 2 pi (i - REACH) d hop / N). Uniform, because software devices read other buffers lane by
// lane within a loop, whatever the address.
layout(set = 0, binding = 1, std140) uniform Table { vec4 values[512]; } table;
// [N, 2]: cos and sin of 2 pi i / N
layout(set = 0, binding = 2) readonly restrict buffer Circle { vec2 values[]; } circle;
// Like spectra.
layout(set = 0, binding = 3) writeonly restrict buffer Result { float values[]; } result;
#ifdef STEP
// [items, frames, bins]
layout(set = 0, binding = 4) readonly restrict buffer Magnitudes { float values[]; } magnitudes;
#endif

layout(push_constant) uniform Constants {
  uint tile_count;
  uint tiles_per_block;
  uint blocks_per_item;
  int frames;
  int bins;
  int transform_size;
  int hop;
  int shifts;
#ifdef STEP
  // Numbers of y.
  int count;
  float step;
  float gain;
  float squared_softness;
  float relaxation;
#endif
} constants;

// 20 bins of a frame, turned: bins k - REACH, ... in vectors.
vec4 reals[5], imaginaries[5];
// Eight bins of four results.
struct Sums { vec4 real_low, real_high, imaginary_low, imaginary_high; };
Sums sums0, sums1, sums2, sums3;
// What taps +p and -p have in common for all results.
Sums even, odd;
// Read once: software devices read push constants anew in every round of a loop.
int bins, transform_size;
// Bins of a result that there are: none of a frame beyond the last.
int stored_bins;

#include "floor_division.glsl"
#include "indexing.glsl"
#ifdef STEP
#include "magnitude_projection.glsl"
#endif

bool is_own_conjugate(int k) { return k == 0 || 2 * k == transform_size; }

void turn(inout vec4 real, inout vec4 imaginary, vec4 cosines, vec4 sines) {
  vec4 turned = real * cosines - imaginary * sines;
  imaginary = real * sines + imaginary * cosines;
  real = turned;
}

// The factors of four bins: that of the first bin of all, times those of the table.
void turn(inout vec4 real, inout vec4 imaginary, vec2 first, vec4 low, vec4 high) {
  vec4 cosines = vec4(low.xz, high.xz), sines = vec4(low.yw, high.yw);
  turn(cosines, sines, vec4(first.x), vec4(first.y));
  turn(real, imaginary, cosines, sines);
}

vec2 spectrum(int start, int bin) {
  int k = bin < 0 ? -bin : (bin < bins ? bin : transform_size - bin);
  k = clamp(k, 0, bins - 1);
  float real = spectra.values[start + k], imaginary = spectra.values[start + bins + k];
  return vec2(real, is_own_conjugate(k) ? 0.0 : k == bin ? imaginary : -imaginary);
}

void load(int vector, int start, int k, vec2 first, int factors) {
  vec2 a = spectrum(start, k), b = spectrum(start, k + 1);
  vec2 c = spectrum(start, k + 2), d = spectrum(start, k + 3);
  reals[vector] = vec4(a.x, b.x, c.x, d.x);
  imaginaries[vector] = vec4(a.y, b.y, c.y, d.y);
  turn(
    reals[vector], imaginaries[vector], first, table.values[factors],
    table.values[factors + 1]);
}

// Four neighbours of eight in two vectors; the offset is known when the shader is compiled.
vec4 neighbours(vec4 a, vec4 b, int offset) {
  return offset == 0 ? a
    : offset == 1 ? vec4(a.yzw, b.x) : offset == 2 ? vec4(a.zw, b.xy) : vec4(a.w, b.xyz);
}

vec4 real_at(int i) { return neighbours(reals[i / 4], reals[min(i / 4 + 1, 4)], i % 4); }

vec4 imaginary_at(int i) {
  return neighbours(imaginaries[i / 4], imaginaries[min(i / 4 + 1, 4)], i % 4);
}

void add(inout Sums sums, vec2 tap) {
  sums.real_low += tap.x * even.real_low - tap.y * odd.imaginary_low;
  sums.real_high += tap.x * even.real_high - tap.y * odd.imaginary_high;
  sums.imaginary_low += tap.x * even.imaginary_low + tap.y * odd.real_low;
  sums.imaginary_high += tap.x * even.imaginary_high + tap.y * odd.real_high;
}

vec2 tap(int first, int result, int p) {
  vec4 both = table.values[first + VECTORS_PER_TAPS * result + p / 2];
  return p % 2 == 0 ? both.xy : both.zw;
}

// Adds what is p bins above and below, e^(j t) above + e^(-j t) below, to all results.
void add_pair(int first, int p) {
  Sums above = Sums(
    real_at(REACH + p), real_at(REACH + 4 + p), imaginary_at(REACH + p),
    imaginary_at(REACH + 4 + p));
  Sums below = Sums(
    real_at(REACH - p), real_at(REACH + 4 - p), imaginary_at(REACH - p),
    imaginary_at(REACH + 4 - p));
  // Tap 0 is its own pair, and real.
  float share = p == 0 ? 0.5 : 1.0;
  even.real_low = share * (above.real_low + below.real_low);
  even.real_high = share * (above.real_high + below.real_high);
  even.imaginary_low = share * (above.imaginary_low + below.imaginary_low);
  even.imaginary_high = share * (above.imaginary_high + below.imaginary_high);
  odd.real_low = above.real_low - below.real_low;
  odd.real_high = above.real_high - below.real_high;
  odd.imaginary_low = above.imaginary_low - below.imaginary_low;
  odd.imaginary_high = above.imaginary_high - below.imaginary_high;
  add(sums0, tap(first, 0, p));
  add(sums1, tap(first, 1, p));
  add(sums2, tap(first, 2, p));
  add(sums3, tap(first, 3, p));
}

void keep(int place, vec2 value) {
  result.values[place] = value.x;
  result.values[place + bins] = value.y;
}

#ifdef STEP
void finish(int start, int k, vec2 value) {
  int place = start + k, averaged = place + constants.count;
  vec2 before = value;
  if (!IS_FIRST) before = vec2(spectra.values[averaged], spectra.values[averaged + bins]);
  vec2 change = value - before;
  // A row of magnitudes is half of one of spectra.
  keep(place, with_magnitude(
    before + constants.step * change, magnitudes.values[start / 2 + k], constants.gain,
    constants.squared_softness));
  if (IS_LAST) return;
  keep(averaged, constants.relaxation == 1.0 ? value : before + constants.relaxation * change);
}
#else
void finish(int start, int k, vec2 value) { keep(start + k, value); }
#endif

void store(int start, int k, vec2 value) {
  if (is_own_conjugate(k)) value.y = 0.0;
  if (k < stored_bins) finish(start, k, value);
}

void store(int start, int k, vec4 real, vec4 imaginary) {
  store(start, k, vec2(real.x, imaginary.x));
  store(start, k + 1, vec2(real.y, imaginary.y));
  store(start, k + 2, vec2(real.z, imaginary.z));
  store(start, k + 3, vec2(real.w, imaginary.w));
}

// e^(-j 2 pi k d hop / N)
vec2 first_turn(int k, int d) {
  int angle = modulo(k * constants.hop % transform_size * d, transform_size);
  return circle.values[angle] * vec2(1.0, -1.0);
}

// Turns the result `index` back and stores it.
void store(Sums sums, int index, int item_row, int frame, int k) {
  stored_bins = frame + index < constants.frames ? bins : 0;
  int start = 2 * bins * (item_row + frame + index);
  vec2 first = first_turn(k, -index);
  int factors = (constants.shifts - 1 + index) * VECTORS_PER_FRAME + 4 * VECTORS_PER_TAPS;
  const vec4 conjugate = vec4(1.0, -1.0, 1.0, -1.0);
  vec4 a = conjugate * table.values[factors + 3], b = conjugate * table.values[factors + 4];
  vec4 c = conjugate * table.values[factors + 5], d = conjugate * table.values[factors + 6];
  turn(sums.real_low, sums.imaginary_low, first, a, b);
  turn(sums.real_high, sums.imaginary_high, first, c, d);
  store(start, k, sums.real_low, sums.imaginary_low);
  store(start, k + 4, sums.real_high, sums.imaginary_high);
}

void add_frame(int start, int k, vec2 first, int taps) {
  int factors = taps + FRAMES * VECTORS_PER_TAPS;
  load(0, start, k - REACH, first, factors);
  load(1, start, k - REACH + 4, first, factors + 2);
  load(2, start, k - REACH + 8, first, factors + 4);
  load(3, start, k - REACH + 12, first, factors + 6);
  load(4, start, k - REACH + 16, first, factors + 8);
  add_pair(taps, 0);
  add_pair(taps, 1);
  add_pair(taps, 2);
  add_pair(taps, 3);
  add_pair(taps, 4);
  add_pair(taps, 5);
  add_pair(taps, 6);
}

void main() {
  // Surplus workgroups of a folded grid repeat the last tile.
  uint tile = min(workgroup_index(), constants.tile_count - 1);
  uint block = tile / constants.tiles_per_block;
  uint lane = tile % constants.tiles_per_block * WORKGROUP_SIZE + gl_LocalInvocationID.x;
  bins = constants.bins;
  transform_size = constants.transform_size;
  int k = BINS * int(lane), frames = constants.frames, reach = constants.shifts - 1;
  int item_row = int(block / constants.blocks_per_item) * frames;
  int frame = int(block % constants.blocks_per_item) * FRAMES;
  sums0 = Sums(vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0));
  sums1 = sums0;
  sums2 = sums0;
  sums3 = sums0;
  for (int d = -reach; d < FRAMES + reach; ++d) {
    int start = 2 * bins * (item_row + modulo(frame + d, frames));
    add_frame(start, k, first_turn(k, d), (d + reach) * VECTORS_PER_FRAME);
  }
  store(sums0, 0, item_row, frame, k);
  store(sums1, 1, item_row, frame, k);
  store(sums2, 2, item_row, frame, k);
  store(sums3, 3, item_row, frame, k);
}
