// The projection onto consistent spectra, compiled once per instruction set.
#pragma once
#include "VectorMath.h"

enum {
  // Bins at a time, so that strip and sums stay in L1; the 513 bins of N = 1024 are one. A multiple
  // of a block.
  STRIP = 576,
  // Vectors at a time: real and imaginary sums are half of AVX2's registers; blocks of 48 bins
  // waste less of 513 than blocks of 64.
  STRIP_VECTORS = LANES == 16 ? 3 : 4,
  STRIP_BLOCK = LANES * STRIP_VECTORS,
  PADDED_STRIP = STRIP + 2 * CMATRIX_CONSISTENCY_REACH + STRIP_BLOCK,
};

/// A strip of a row, turned, with what lies around it: element i is bin first + i.
typedef struct {
  float real[PADDED_STRIP], imaginary[PADDED_STRIP];
} Strip;

INLINE ptrdiff_t floor_modulo(ptrdiff_t a, ptrdiff_t b) {
  const ptrdiff_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

/// The factors of one shift: e^(-j sign theta), theta = pi bin q hop / N.
typedef struct {
  const float *cosines, *sines;
  float sign;
  /// e^(-j pi q hop).
  float half_turn;
} Turn;

/// A bin that is its own conjugate has no imaginary part.
INLINE void turn_real(const float *source, Turn turn, ptrdiff_t bin, ptrdiff_t first, Strip *strip) {
  strip->real[bin - first] = source[bin] * turn.cosines[bin];
  strip->imaginary[bin - first] = -source[bin] * turn.sign * turn.sines[bin];
}

/// Bins first ..< last of a row, turned. Beyond the ends, bin -k is the conjugate of k, and N - k
/// the conjugate of k times e^(-j pi q hop); both lie in the strip too, whose ends reach at most
/// N / 2 beyond the bins.
INLINE void turn_row(
    const CMatrixConsistency *p, const float *restrict source, Turn turn, ptrdiff_t first,
    ptrdiff_t last, Strip *restrict strip) {
  const float *restrict imaginary = source + p->bins;
  const ptrdiff_t start = first < 0 ? 0 : first, end = smaller(last, p->bins);
  for (ptrdiff_t k = start; k < end; k++) {
    const float c = turn.cosines[k], s = turn.sign * turn.sines[k];
    strip->real[k - first] = source[k] * c + imaginary[k] * s;
    strip->imaginary[k - first] = imaginary[k] * c - source[k] * s;
  }
  if (start == 0) turn_real(source, turn, 0, first, strip);
  if (2 * (end - 1) == p->transform_size) turn_real(source, turn, end - 1, first, strip);
  for (ptrdiff_t k = 1; k <= -first; k++) {
    strip->real[-k - first] = strip->real[k - first];
    strip->imaginary[-k - first] = -strip->imaginary[k - first];
  }
  for (ptrdiff_t bin = p->bins; bin < last; bin++) {
    const ptrdiff_t k = p->transform_size - bin;
    strip->real[bin - first] = turn.half_turn * strip->real[k - first];
    strip->imaginary[bin - first] = -turn.half_turn * strip->imaginary[k - first];
  }
}

/// sums += e^(-j sign theta) * (taps convolved with the strip), for a block of bins. Element
/// `center` of the strip is the block's first bin.
INLINE void convolve_block(
    const float *taps, ptrdiff_t tap_count, const Strip *strip, ptrdiff_t center,
    const float *cosines, const float *sines, const float sign, float *real, float *imaginary) {
  Vector x[STRIP_VECTORS], y[STRIP_VECTORS];
  const float *a = strip->real + center, *b = strip->imaginary + center;
  for (int v = 0; v < STRIP_VECTORS; v++) {
    x[v] = taps[0] * *(const Vector *)(a + LANES * v);
    y[v] = taps[0] * *(const Vector *)(b + LANES * v);
  }
  for (ptrdiff_t t = 1; t < tap_count; t++)
    for (int v = 0; v < STRIP_VECTORS; v++) {
      x[v] += taps[t] * (*(const Vector *)(a + LANES * v + t) + *(const Vector *)(a + LANES * v - t));
      y[v] += taps[t] * (*(const Vector *)(b + LANES * v + t) + *(const Vector *)(b + LANES * v - t));
    }
  for (int v = 0; v < STRIP_VECTORS; v++) {
    const Vector c = *(const Vector *)(cosines + LANES * v);
    const Vector s = sign * *(const Vector *)(sines + LANES * v);
    *(Vector *)(real + LANES * v) += x[v] * c + y[v] * s;
    *(Vector *)(imaginary + LANES * v) += y[v] * c - x[v] * s;
  }
}

/// Bins first ..< last of one row of the result.
INLINE void consistency_run_strip(
    const CMatrixConsistency *p, ptrdiff_t row, ptrdiff_t first, ptrdiff_t last, Strip *strip) {
  float real[STRIP + STRIP_BLOCK] = {0}, imaginary[STRIP + STRIP_BLOCK] = {0};
  float cosines[STRIP + STRIP_BLOCK] = {0}, sines[STRIP + STRIP_BLOCK] = {0};
  const ptrdiff_t item = row / p->frames, frame = row % p->frames, count = last - first;
  for (ptrdiff_t shift = 0; shift < p->shifts; shift++) {
    const float *taps = p->taps + (ptrdiff_t)p->places[2 * shift];
    const ptrdiff_t tap_count = (ptrdiff_t)p->places[2 * shift + 1];
    if (tap_count == 0) continue;
    Turn turn = {.cosines = p->turns + 2 * shift * p->bins};
    turn.sines = turn.cosines + p->bins;
    turn.half_turn = shift * p->hop % 2 == 0 ? 1 : -1;
    // Padded copies: blocks run past the last bin.
    memcpy(cosines, turn.cosines + first, (size_t)count * sizeof(float));
    memcpy(sines, turn.sines + first, (size_t)count * sizeof(float));
    for (int side = 0; side < (shift == 0 ? 1 : 2); side++) {
      turn.sign = side == 0 ? 1 : -1;
      const ptrdiff_t other = floor_modulo(frame + (side == 0 ? shift : -shift), p->frames);
      const ptrdiff_t reach = tap_count - 1;
      turn_row(
          p, p->source + (item * p->frames + other) * 2 * p->bins, turn, first - reach,
          last + reach, strip);
      for (ptrdiff_t k = 0; k < count; k += STRIP_BLOCK)
        convolve_block(
            taps, tap_count, strip, reach + k, cosines + k, sines + k, turn.sign, real + k,
            imaginary + k);
    }
  }
  if (first == 0) imaginary[0] = 0;
  if (2 * (last - 1) == p->transform_size) imaginary[count - 1] = 0;
  float *result = p->result + row * 2 * p->bins + first;
  memcpy(result, real, (size_t)count * sizeof(float));
  memcpy(result + p->bins, imaginary, (size_t)count * sizeof(float));
}

static void consistency_run_row(const CMatrixConsistency *p, ptrdiff_t row) {
  Strip strip = {{0}, {0}};
  for (ptrdiff_t first = 0; first < p->bins; first += STRIP)
    consistency_run_strip(p, row, first, smaller(p->bins, first + STRIP), &strip);
}
