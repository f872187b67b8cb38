// The projection onto consistent spectra for four frames at a time, compiled once per instruction
// set: to the bit what `consistency_block.comp` computes, by its operations in its order, each
// rounded. Only what cannot change a finite sum is left out: taps that are 0, because no sum is
// ever -0, and the half of tap 0 that subtracts bins from themselves.
#pragma once
#include "Consistency.h"

/// What an invocation of the shader computes, for every instruction set: neighbours in two of them
/// are turned by factors that are rounded differently.
typedef float Eight __attribute__((vector_size(32), aligned(4)));
/// Their real and then their imaginary parts: one register of AVX-512.
typedef float Sixteen __attribute__((vector_size(64), aligned(4)));
typedef int32_t SixteenBits __attribute__((vector_size(64)));

enum {
  EIGHT = 8,
  BLOCK_FRAMES = 4,
  /// The farthest bin of a tap.
  BLOCK_REACH = 6,
  /// Bins that eight bins are computed from.
  READ_BINS = EIGHT + 2 * BLOCK_REACH,
  /// Numbers of `table` for the taps of a frame and result, and for a frame.
  TAP_NUMBERS = 16,
  FRAME_NUMBERS = BLOCK_FRAMES * TAP_NUMBERS + 2 * READ_BINS,
  /// Frames in reach of a block: as many as fit into a table.
  MOST_FRAMES = 18,
};

typedef struct {
  float real[READ_BINS], imaginary[READ_BINS];
} ReadBins;

/// Eight bins of four results.
typedef struct {
  Sixteen results[BLOCK_FRAMES];
} BlockSums;

/// A frame in reach of a block.
typedef struct {
  /// e^(-j 2 pi (i - BLOCK_REACH) d hop / N).
  ReadBins turns;
  const float *source;
  /// [BLOCK_FRAMES, 8, 2], of which those from `tap_count`, before `first` and after `last` are 0.
  const float *taps;
  ptrdiff_t tap_count, first, last;
} BlockFrame;

/// Multiplies by (cosines, sines) times (x, y).
INLINE void turn_eight(
    Eight *real, Eight *imaginary, const Eight *cosines, const Eight *sines, float x, float y) {
#pragma STDC FP_CONTRACT OFF
  const Eight c = *cosines * x - *sines * y, s = *cosines * y + *sines * x;
  const Eight turned = *real * c - *imaginary * s;
  *imaginary = *real * s + *imaginary * c;
  *real = turned;
}

/// Bins k - BLOCK_REACH, ... of a frame, also beyond its ends.
INLINE void read_mirrored(
    const CMatrixConsistencyBlocks *p, const float *source, ptrdiff_t k, ReadBins *result) {
  for (ptrdiff_t i = 0; i < READ_BINS; i++) {
    const ptrdiff_t bin = k - BLOCK_REACH + i;
    const ptrdiff_t mirrored = bin < 0 ? -bin : bin < p->bins ? bin : p->transform_size - bin;
    const ptrdiff_t place = larger(0, smaller(mirrored, p->bins - 1));
    const float imaginary = source[p->bins + place];
    result->real[i] = source[place];
    const bool is_own_conjugate = place == 0 || 2 * place == p->transform_size;
    result->imaginary[i] = is_own_conjugate ? 0 : place == bin ? imaginary : -imaginary;
  }
}

/// Bins k - BLOCK_REACH, ... of a frame, turned by e^(-j 2 pi i d hop / N) for bin i, of which
/// (x, y) is the factor for bin k.
INLINE void turn_bins(
    const CMatrixConsistencyBlocks *p, const BlockFrame *frame, ptrdiff_t k, float x, float y,
    ReadBins *restrict result) {
  ReadBins mirrored;
  const float *real = mirrored.real, *imaginary = mirrored.imaginary;
  // Bin 0 and the last one may not be what is stored for them.
  if (k > BLOCK_REACH && k + EIGHT + BLOCK_REACH < p->bins) {
    real = frame->source + k - BLOCK_REACH;
    imaginary = real + p->bins;
  } else read_mirrored(p, frame->source, k, &mirrored);
  // The third vector has four bins in common with the second.
  const int starts[] = {0, EIGHT, READ_BINS - EIGHT};
#pragma clang loop unroll(full)
  for (int v = 0; v < 3; v++) {
    const int i = starts[v];
    Eight a = *(const Eight *)(real + i), b = *(const Eight *)(imaginary + i);
    turn_eight(
        &a, &b, (const Eight *)(frame->turns.real + i), (const Eight *)(frame->turns.imaginary + i),
        x, y);
    *(Eight *)(result->real + i) = a;
    *(Eight *)(result->imaginary + i) = b;
  }
}

INLINE void read_sixteen(const ReadBins *bins, ptrdiff_t i, Sixteen *result) {
  *result = __builtin_shufflevector(
      *(const Eight *)(bins->real + i), *(const Eight *)(bins->imaginary + i), 0, 1, 2, 3, 4, 5, 6,
      7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/// j x: -imaginary, real.
INLINE void quarter_turn(Sixteen *x) {
  const int32_t minus = INT32_MIN;
  const SixteenBits signs = {minus, minus, minus, minus, minus, minus, minus, minus};
  const Sixteen swapped =
      __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  *x = (Sixteen)((SixteenBits)swapped ^ signs);
}

/// Adds a frame to results first ... last, tap by tap with what is p bins above and below:
/// e^(j t) above + e^(-j t) below.
INLINE void add_frame(
    const BlockFrame *frame, const ReadBins *bins, BlockSums *restrict sums, const int first,
    const int last) {
#pragma STDC FP_CONTRACT OFF
  Sixteen results[BLOCK_FRAMES], center, above, below;
  read_sixteen(bins, BLOCK_REACH, &center);
#pragma clang loop unroll(full)
  for (int f = first; f <= last; f++)
    results[f] = sums->results[f] + frame->taps[f * TAP_NUMBERS] * center;
  for (ptrdiff_t p = 1; p < frame->tap_count; p++) {
    read_sixteen(bins, BLOCK_REACH + p, &above);
    read_sixteen(bins, BLOCK_REACH - p, &below);
    const Sixteen even = above + below;
    Sixteen odd = above - below;
    quarter_turn(&odd);
    const float *taps = frame->taps + 2 * p;
#pragma clang loop unroll(full)
    for (int f = first; f <= last; f++)
      results[f] += taps[f * TAP_NUMBERS] * even + taps[f * TAP_NUMBERS + 1] * odd;
  }
#pragma clang loop unroll(full)
  for (int f = first; f <= last; f++) sums->results[f] = results[f];
}

INLINE void add_reached(const BlockFrame *frame, const ReadBins *bins, BlockSums *sums) {
  if (frame->first == 0) switch (frame->last) {
    case 0: add_frame(frame, bins, sums, 0, 0); return;
    case 1: add_frame(frame, bins, sums, 0, 1); return;
    case 2: add_frame(frame, bins, sums, 0, 2); return;
    default: break;
    }
  else if (frame->last == 3) switch (frame->first) {
    case 1: add_frame(frame, bins, sums, 1, 3); return;
    case 2: add_frame(frame, bins, sums, 2, 3); return;
    default: add_frame(frame, bins, sums, 3, 3); return;
    }
  add_frame(frame, bins, sums, 0, 3);
}

/// What the table holds for a frame.
INLINE BlockFrame block_frame(const float *table, const float *source) {
  BlockFrame frame = {.source = source, .taps = table, .first = BLOCK_FRAMES, .last = -1};
  for (int f = 0; f < BLOCK_FRAMES; f++)
    for (int i = 0; i < 2 * (BLOCK_REACH + 1); i++) {
      if (table[f * TAP_NUMBERS + i] == 0) continue;
      frame.tap_count = larger(frame.tap_count, i / 2 + 1);
      frame.first = smaller(frame.first, f);
      frame.last = f;
    }
  const float *turns = table + BLOCK_FRAMES * TAP_NUMBERS;
  for (int i = 0; i < READ_BINS; i++) {
    frame.turns.real[i] = turns[2 * i];
    frame.turns.imaginary[i] = turns[2 * i + 1];
  }
  return frame;
}

/// Turns eight bins of a result back, (x, y) for bin k, and stores those that there are.
INLINE void store_result(
    const CMatrixConsistencyBlocks *p, const ReadBins *turns, ptrdiff_t k, float x, float y,
    Eight *real, Eight *imaginary, float *result) {
  const Eight cosines = *(const Eight *)(turns->real + BLOCK_REACH);
  const Eight sines = -*(const Eight *)(turns->imaginary + BLOCK_REACH);
  turn_eight(real, imaginary, &cosines, &sines, x, y);
  const ptrdiff_t count = smaller(EIGHT, p->bins - k), middle = p->transform_size - 2 * k;
  if (k == 0) (*imaginary)[0] = 0;
  if (middle >= 0 && middle < 2 * count && middle % 2 == 0) (*imaginary)[middle / 2] = 0;
  if (count == EIGHT) {
    *(Eight *)(result + k) = *real;
    *(Eight *)(result + p->bins + k) = *imaginary;
  } else {
    memcpy(result + k, real, (size_t)count * sizeof(float));
    memcpy(result + p->bins + k, imaginary, (size_t)count * sizeof(float));
  }
}

/// Eight bins of four results. Frames are turned first and added then, when what was stored can be
/// read at any place without waiting.
INLINE void consistency_run_eight(
    const CMatrixConsistencyBlocks *p, const BlockFrame *frames, ptrdiff_t k, ptrdiff_t results,
    float *result) {
  const ptrdiff_t reach = p->shifts - 1, reached = BLOCK_FRAMES + 2 * reach, n = p->transform_size;
  ReadBins bins[MOST_FRAMES];
  // e^(-j 2 pi k d hop / N): what d frames more turn by.
  const ptrdiff_t step = k * p->hop % n;
  ptrdiff_t angle = floor_modulo(-reach * step, n);
  for (ptrdiff_t i = 0; i < reached; i++) {
    turn_bins(p, frames + i, k, p->circle[2 * angle], -p->circle[2 * angle + 1], bins + i);
    angle += angle + step < n ? step : step - n;
  }
  BlockSums sums = {{{0}}};
  for (ptrdiff_t i = 0; i < reached; i++)
    if (frames[i].tap_count) add_reached(frames + i, bins + i, &sums);
  angle = 0;
  for (ptrdiff_t f = 0; f < results; f++) {
    Eight *sum = (Eight *)(sums.results + f);
    store_result(
        p, &frames[reach + f].turns, k, p->circle[2 * angle], -p->circle[2 * angle + 1], sum,
        sum + 1, result + 2 * p->bins * f);
    angle -= angle < step ? step - n : step;
  }
}

static void consistency_run_block(const CMatrixConsistencyBlocks *p, ptrdiff_t block) {
  const ptrdiff_t blocks_per_item = divided_up(p->frames, BLOCK_FRAMES), row = 2 * p->bins;
  const ptrdiff_t item = block / blocks_per_item, reach = p->shifts - 1;
  const ptrdiff_t frame = block % blocks_per_item * BLOCK_FRAMES;
  BlockFrame frames[MOST_FRAMES];
  for (ptrdiff_t i = 0; i < BLOCK_FRAMES + 2 * reach; i++)
    frames[i] = block_frame(
        p->table + i * FRAME_NUMBERS,
        p->source + (item * p->frames + floor_modulo(frame + i - reach, p->frames)) * row);
  const ptrdiff_t results = smaller(BLOCK_FRAMES, p->frames - frame);
  float *result = p->result + (item * p->frames + frame) * row;
  for (ptrdiff_t k = 0; k < p->bins; k += EIGHT)
    consistency_run_eight(p, frames, k, results, result);
}
