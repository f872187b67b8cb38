// Gradients of convolutions by their weights, compiled once per instruction set: a matrix product
// whose inner index is the position, split into chunks when there are many positions.
#pragma once
#include "Panels.h"
#include "Segments.h"

enum {
  GRADIENT_DEPTH = 256,
  GRADIENT_ROWS = 192,
  // Positions of a chunk of the sum, at least, and chunks at most: each is a copy of the weights.
  SMALLEST_CHUNK = 1024,
  MOST_CHUNKS = 16,
};

typedef struct {
  Tiling tiling;
  ptrdiff_t positions, columns, chunks, chunk_positions;
} GradientPlan;

/// Chunks before tiles: a tile of many rows and columns packs its operands least often.
INLINE GradientPlan gradient_plan(const CMatrixWeightGradient *p) {
  const ptrdiff_t positions = p->batch * p->y.count * p->x.count;
  const ptrdiff_t columns = p->source_channels * p->y.taps * p->x.taps;
  const ptrdiff_t most = larger(smaller(positions / SMALLEST_CHUNK, MOST_CHUNKS), 1);
  const Tiling tiling = tiling_of(
      p->result_channels, columns, positions, ROWS, COLUMNS, divided_up(ENOUGH_TILES, most));
  const ptrdiff_t tiles = tiling.row_tiles * tiling.column_tiles * p->groups;
  const ptrdiff_t chunks = larger(smaller(divided_up(ENOUGH_TILES, tiles), most), 1);
  const ptrdiff_t chunk = rounded_up(divided_up(positions, chunks), GRADIENT_DEPTH);
  return (GradientPlan){tiling, positions, columns, divided_up(positions, chunk), chunk};
}

/// Neighbouring columns of a panel that read neighbouring values of one source row.
typedef struct {
  ptrdiff_t column, length;
  Tap tap;
} TapRun;

INLINE ptrdiff_t find_tap_runs(
    const CMatrixWeightGradient *p, const Extents *extents, ptrdiff_t first, ptrdiff_t columns,
    TapRun *runs) {
  ptrdiff_t made = 0;
  for (ptrdiff_t c = 0; c < columns;) {
    const ptrdiff_t rest = p->x.taps - (first + c) % p->x.taps;
    const ptrdiff_t length = p->x.source_tap_step == 1 ? smaller(rest, columns - c) : 1;
    runs[made++] = (TapRun){c, length, tap_at(&p->y, &p->x, extents, first + c)};
    c += length;
  }
  return made;
}

/// Copies the values that one run reads at `count` positions `step` apart.
INLINE void copy_taps(
    const float *source, ptrdiff_t step, ptrdiff_t length, ptrdiff_t count, float *target) {
  if (length == 4)
    for (ptrdiff_t i = 0; i < count; i++)
      *(Four *)(target + i * COLUMNS) = *(const Four *)(source + i * step);
  else
    for (ptrdiff_t i = 0; i < count; i++)
      for (ptrdiff_t t = 0; t < length; t++) target[i * COLUMNS + t] = source[i * step + t];
}

/// Packs what one run reads at the positions of one segment.
INLINE void pack_run(
    const CMatrixWeightGradient *p, const float *source, const Segment *segment,
    const TapRun *run, float *packed) {
  const ptrdiff_t y = segment->source_y + run->tap.y, x = segment->source_x + run->tap.x;
  const ptrdiff_t step = p->x.source_step, size = p->x.source_size, length = run->length;
  const bool is_row = y >= 0 && y < p->y.source_size;
  const float *values = source + segment->source + run->tap.source;
  float *target = packed + segment->start * COLUMNS + run->column;
  // Positions first..<last read nothing outside.
  ptrdiff_t first = x >= 0 ? 0 : divided_up(-x, step);
  ptrdiff_t last = size - length - x < 0 ? 0 : (size - length - x) / step + 1;
  if (!is_row) first = last = 0;
  first = smaller(first, segment->length);
  last = larger(smaller(last, segment->length), first);
  for (ptrdiff_t i = 0; i < segment->length; i++) {
    if (i == first && last > first) {
      copy_taps(values + i * step, step, length, last - first, target + i * COLUMNS);
      i = last - 1;
      continue;
    }
    for (ptrdiff_t t = 0; t < length; t++) {
      const ptrdiff_t column = x + i * step + t;
      target[i * COLUMNS + t] =
          is_row && column >= 0 && column < size ? values[i * step + t] : 0;
    }
  }
}

/// Packs columns (channel, tap) of the gathered source, positions along the inner axis.
INLINE void pack_gathered(
    const CMatrixWeightGradient *p, const float *source, const Extents *extents,
    const Segment *segments, ptrdiff_t segment_count, ptrdiff_t first_column, ptrdiff_t columns,
    ptrdiff_t depth, float *packed) {
  for (ptrdiff_t c = 0; c < columns; c += COLUMNS, packed += COLUMNS * depth) {
    TapRun runs[COLUMNS];
    const ptrdiff_t count = smaller(COLUMNS, columns - c);
    const ptrdiff_t run_count = find_tap_runs(p, extents, first_column + c, count, runs);
    if (count < COLUMNS) memset(packed, 0, sizeof(float) * (size_t)(COLUMNS * depth));
    for (ptrdiff_t s = 0; s < segment_count; s++)
      for (ptrdiff_t r = 0; r < run_count; r++)
        pack_run(p, source, &segments[s], &runs[r], packed);
  }
}

/// Packs rows (result channels) of the gradient, positions along the inner axis.
INLINE void pack_gradient(
    const float *gradient, const Extents *extents, const Segment *segments,
    ptrdiff_t segment_count, ptrdiff_t rows, ptrdiff_t depth, float *packed) {
  for (ptrdiff_t first = 0; first < rows; first += ROWS, packed += ROWS * depth)
    for (ptrdiff_t s = 0; s < segment_count; s++)
      pack_panel(
          gradient + first * extents->result_plane + segments[s].result, extents->result_plane, 1,
          smaller(ROWS, rows - first), ROWS, segments[s].length,
          packed + segments[s].start * ROWS);
}

static void weight_gradient_run_tile(const CMatrixWeightGradient *p, ptrdiff_t tile) {
  const GradientPlan plan = gradient_plan(p);
  const ptrdiff_t source_plane = p->y.source_size * p->x.source_size;
  const ptrdiff_t result_plane = p->y.result_size * p->x.result_size;
  const Extents extents = {
      source_plane, p->groups * p->source_channels * source_plane, result_plane,
      p->groups * p->result_channels * result_plane};

  const ptrdiff_t first_row = tile % plan.tiling.row_tiles * plan.tiling.tile_rows;
  const ptrdiff_t last_row = smaller(p->result_channels, first_row + plan.tiling.tile_rows);
  tile /= plan.tiling.row_tiles;
  const ptrdiff_t first_column = tile % plan.tiling.column_tiles * plan.tiling.tile_columns;
  const ptrdiff_t columns = smaller(plan.columns - first_column, plan.tiling.tile_columns);
  tile /= plan.tiling.column_tiles;
  const ptrdiff_t group = tile % p->groups, chunk = tile / p->groups;
  const ptrdiff_t begin = chunk * plan.chunk_positions;
  const ptrdiff_t end = smaller(plan.positions, begin + plan.chunk_positions);

  const float *source = p->source + group * p->source_channels * source_plane;
  const float *gradient = p->result_gradient + group * p->result_channels * result_plane;
  float *result = p->partials +
      (chunk * p->groups + group) * p->result_channels * plan.columns + first_column;
  float *left = cmatrix_workspace()->left, *right = cmatrix_workspace()->right;
  Segment segments[GRADIENT_DEPTH];
  for (ptrdiff_t k = begin; k < end; k += GRADIENT_DEPTH) {
    const ptrdiff_t depth = smaller(GRADIENT_DEPTH, end - k);
    const ptrdiff_t segment_count = cut_segments(&p->y, &p->x, &extents, k, depth, segments);
    pack_gathered(
        p, source, &extents, segments, segment_count, first_column, columns, depth, right);
    for (ptrdiff_t row = first_row; row < last_row; row += GRADIENT_ROWS) {
      const ptrdiff_t rows = smaller(GRADIENT_ROWS, last_row - row);
      pack_gradient(
          gradient + row * result_plane, &extents, segments, segment_count, rows, depth, left);
      for (ptrdiff_t c = 0; c < columns; c += COLUMNS)
        for (ptrdiff_t r = 0; r < rows; r += ROWS) {
          _Alignas(64) float block[ROWS * COLUMNS];
          const ptrdiff_t block_rows = smaller(ROWS, rows - r);
          const ptrdiff_t block_columns = smaller(COLUMNS, columns - c);
          float *target = result + (row + r) * plan.columns + c;
          begin_rows(block, block_rows, block_columns, target, plan.columns, k == begin);
          multiply_packed(
              depth, left + r * depth, right + c * depth, block, block_rows, block_columns);
          store_rows(block, block_rows, block_columns, target, plan.columns, k == begin);
        }
    }
  }
}

static ptrdiff_t weight_gradient_chunk_count(const CMatrixWeightGradient *p) {
  return gradient_plan(p).chunks;
}

static ptrdiff_t weight_gradient_tile_count(const CMatrixWeightGradient *p) {
  const GradientPlan plan = gradient_plan(p);
  return plan.tiling.row_tiles * plan.tiling.column_tiles * p->groups * plan.chunks;
}
