// Runs of consecutive positions of one result row: the unit in which convolutions read and write.
//
// Positions (n, y, x) are flattened; a panel of columns may begin in the middle of a row and
// cover several rows or pictures.
#pragma once
#include "Kernels.h"

typedef struct {
  /// Where the run begins within its panel (or block), and how long it is.
  ptrdiff_t start, length;
  /// Source coordinates of the first position before the tap's offset, and its address.
  ptrdiff_t source_y, source_x, source;
  /// Address of the first position in the result.
  ptrdiff_t result;
} Segment;

/// What one batch element, and one channel, occupy in the source and the result.
typedef struct {
  ptrdiff_t source_plane, source_batch, result_plane, result_batch;
} Extents;

/// Cuts positions first..<first + count into segments; `start` counts from `first`.
INLINE ptrdiff_t cut_segments(
    const CMatrixAxis *y, const CMatrixAxis *x, const Extents *extents, ptrdiff_t first,
    ptrdiff_t count, Segment *segments) {
  ptrdiff_t made = 0, i = first % x->count, j = first / x->count % y->count;
  ptrdiff_t n = first / x->count / y->count;
  for (ptrdiff_t start = 0; start < count;) {
    const ptrdiff_t length = smaller(x->count - i, count - start);
    const ptrdiff_t source_y = y->source_step * j, source_x = x->source_step * i;
    segments[made++] = (Segment){
        start, length, source_y, source_x,
        n * extents->source_batch + source_y * x->source_size + source_x,
        n * extents->result_batch + (y->result_offset + y->result_step * j) * x->result_size +
            x->result_offset + x->result_step * i};
    start += length;
    i = 0;
    if (++j == y->count) {
      j = 0;
      n++;
    }
  }
  return made;
}

/// A source value's place relative to a segment: channel and tap.
typedef struct {
  ptrdiff_t y, x, source;
} Tap;

/// The tap numbered `index` in the order (channel, tap y, tap x).
INLINE Tap tap_at(
    const CMatrixAxis *y, const CMatrixAxis *x, const Extents *extents, ptrdiff_t index) {
  const ptrdiff_t tap_x = index % x->taps, tap_y = index / x->taps % y->taps;
  const ptrdiff_t channel = index / x->taps / y->taps;
  const ptrdiff_t offset_y = y->source_offset + y->source_tap_step * tap_y;
  const ptrdiff_t offset_x = x->source_offset + x->source_tap_step * tap_x;
  return (Tap){
      offset_y, offset_x,
      channel * extents->source_plane + offset_y * x->source_size + offset_x};
}

/// Where the weight of a tap lies within a kernel.
INLINE ptrdiff_t weight_place(const CMatrixAxis *y, const CMatrixAxis *x, ptrdiff_t tap) {
  return (y->weight_offset + y->weight_tap_step * (tap / x->taps)) * x->weight_size +
      x->weight_offset + x->weight_tap_step * (tap % x->taps);
}

/// The part of a segment whose source values exist for one tap, and where they begin.
typedef struct {
  int start, length;
  ptrdiff_t source;
} Run;

INLINE Run run_within(
    const CMatrixAxis *y, const CMatrixAxis *x, const Segment *segment, const Tap *tap) {
  const ptrdiff_t step = x->source_step, row = segment->source_y + tap->y;
  const ptrdiff_t column = segment->source_x + tap->x;
  const ptrdiff_t room = x->source_size - column;
  if (row < 0 || row >= y->source_size || room <= 0) return (Run){0};
  ptrdiff_t first = 0, last = segment->length;
  // Strides 1 and 2 are spared the division.
  if (column < 0)
    first = step == 1 ? -column : step == 2 ? (1 - column) / 2 : divided_up(-column, step);
  if (room <= (last - 1) * step)
    last = step == 1 ? room : step == 2 ? (room + 1) / 2 : divided_up(room, step);
  if (first >= last) return (Run){0};
  return (Run){
      (int)(segment->start + first), (int)(last - first),
      segment->source + tap->source + first * step};
}
