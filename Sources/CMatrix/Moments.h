// Mean and variance of a row in the order in which Shaders/normalization_statistics.comp and
// merge_statistics.comp merge them: the same bits where additions and multiplications are. Compiled once
// per instruction set.
#pragma once
#include "Elementwise.h"

enum {
  // Invocations of a workgroup, and the elements that each looks at.
  MOMENT_LANES = 64,
  MOMENT_DEPTH = 16,
  MOMENT_PIECE = MOMENT_LANES * MOMENT_DEPTH,
};

/// Numbers of elements, means and sums of squared deviations.
typedef struct {
  Vector count, mean, squares;
} Moments;

/// Those of a workgroup's invocations, and room to read beyond.
typedef struct {
  float count[MOMENT_LANES + LANES], mean[MOMENT_LANES + LANES], squares[MOMENT_LANES + LANES];
} MomentLanes;

INLINE Moments moments_at(const MomentLanes *lanes, ptrdiff_t lane) {
  return (Moments){
      *(const Vector *)(lanes->count + lane), *(const Vector *)(lanes->mean + lane),
      *(const Vector *)(lanes->squares + lane)};
}

INLINE void set_moments(MomentLanes *lanes, ptrdiff_t lane, Moments moments) {
  *(Vector *)(lanes->count + lane) = moments.count;
  *(Vector *)(lanes->mean + lane) = moments.mean;
  *(Vector *)(lanes->squares + lane) = moments.squares;
}

INLINE Moments merged_moments(Moments a, Moments b) {
  const Vector count = a.count + b.count;
  const Vector share = moderate_quotient(b.count, count);
  const Vector difference = b.mean - a.mean;
  const Vector mean = a.mean + difference * share;
  const Vector squares = a.squares + b.squares + difference * difference * a.count * share;
  const Bits a_is_empty = a.count == 0.0f, b_is_empty = b.count == 0.0f;
  return (Moments){
      count,
      chosen_vector(a_is_empty, b.mean, chosen_vector(b_is_empty, a.mean, mean)),
      chosen_vector(a_is_empty, b.squares, chosen_vector(b_is_empty, a.squares, squares))};
}

/// Merges pairwise, like `merged_over_workgroup`, into the first lane.
INLINE void merge_lanes(MomentLanes *lanes) {
  for (ptrdiff_t width = MOMENT_LANES / 2; width > 0; width /= 2)
    for (ptrdiff_t lane = 0; lane < width; lane += LANES)
      set_moments(
          lanes, lane, merged_moments(moments_at(lanes, lane), moments_at(lanes, lane + width)));
}

/// The moments of a piece of `count` elements, the rest of it 0, in the first lane.
INLINE void merge_piece(const float *piece, ptrdiff_t count, MomentLanes *lanes) {
  for (ptrdiff_t lane = 0; lane < MOMENT_LANES; lane += LANES) {
    Vector sum = {0}, number = {0}, squares = {0};
    for (ptrdiff_t k = 0; k < MOMENT_DEPTH; k++)
      sum += *(const Vector *)(piece + k * MOMENT_LANES + lane);
    for (int i = 0; i < LANES; i++)
      number[i] = (float)((count - lane - i + MOMENT_LANES - 1) / MOMENT_LANES);
    number = chosen_vector(number > 0.0f, number, vector_of(0));
    const Vector mean =
        moderate_quotient(sum, chosen_vector(number > 1.0f, number, vector_of(1)));
    for (ptrdiff_t k = 0; k < MOMENT_DEPTH; k++) {
      const Vector deviation = *(const Vector *)(piece + k * MOMENT_LANES + lane) - mean;
      const Vector inside = chosen_vector(number > (float)k, deviation, vector_of(0));
      squares += inside * inside;
    }
    set_moments(lanes, lane, (Moments){number, mean, squares});
  }
  merge_lanes(lanes);
}

/// Copies elements first ..< first + count of a row.
INLINE void copy_elements(const CMatrixRow *row, ptrdiff_t first, ptrdiff_t count, float *target) {
  while (count > 0) {
    const ptrdiff_t segment = first / row->segment_length, place = first % row->segment_length;
    const ptrdiff_t length = smaller(count, row->segment_length - place);
    memcpy(
        target, row->start + segment * row->segment_stride + place,
        (size_t)length * sizeof(float));
    first += length, count -= length, target += length;
  }
}

static void row_statistics(const CMatrixRow *row, float epsilon, float *result) {
  const ptrdiff_t size = row->segment_length * row->segment_count;
  MomentLanes piece_lanes, lanes = {{0}, {0}, {0}};
  for (ptrdiff_t first = 0, piece = 0; first < size; first += MOMENT_PIECE, piece++) {
    _Alignas(64) float elements[MOMENT_PIECE] = {0};
    const ptrdiff_t count = smaller(MOMENT_PIECE, size - first), lane = piece % MOMENT_LANES;
    copy_elements(row, first, count, elements);
    merge_piece(elements, count, &piece_lanes);
    const Moments whole = {
        vector_of((float)count), vector_of(piece_lanes.mean[0]), vector_of(piece_lanes.squares[0])};
    const Moments before = {
        vector_of(lanes.count[lane]), vector_of(lanes.mean[lane]),
        vector_of(lanes.squares[lane])};
    const Moments merged = merged_moments(before, whole);
    lanes.count[lane] = merged.count[0];
    lanes.mean[lane] = merged.mean[0];
    lanes.squares[lane] = merged.squares[0];
  }
  merge_lanes(&lanes);
  const Moments all = moments_at(&lanes, 0);
  result[0] = all.mean[0];
  result[1] = estimated_inverse_root(moderate_quotient(all.squares, all.count) + epsilon)[0];
}
