#include "Segments.h"

enum {
  // Positions of a chunk of the outer sum, at least; and how many tiles are enough.
  SMALLEST_CHUNK = 1024,
  ENOUGH_TILES = 32,
};

typedef struct {
  Tiling tiling;
  ptrdiff_t positions, columns, chunks, chunk_positions;
} Plan;

INLINE Plan plan_of(const CMatrixWeightGradient *p) {
  const ptrdiff_t positions = p->batch * p->y.count * p->x.count;
  const ptrdiff_t columns = p->source_channels * p->y.taps * p->x.taps;
  const Tiling tiling = cmatrix_tiling(p->result_channels, columns, positions);
  const ptrdiff_t tiles = tiling.row_tiles * tiling.column_tiles * p->groups;
  ptrdiff_t chunks = smaller(ENOUGH_TILES / tiles, positions / SMALLEST_CHUNK);
  if (chunks < 1) chunks = 1;
  const ptrdiff_t chunk = divided_up(divided_up(positions, chunks), BLOCK_DEPTH) * BLOCK_DEPTH;
  return (Plan){tiling, positions, columns, divided_up(positions, chunk), chunk};
}

/// Packs columns (channel, tap) of the gathered source, positions along the inner axis.
INLINE void pack_source(
    const CMatrixWeightGradient *p, const float *source, const Extents *extents,
    const Segment *segments, ptrdiff_t segment_count, ptrdiff_t first_column, ptrdiff_t columns,
    ptrdiff_t depth, float *packed) {
  const ptrdiff_t step = p->x.source_step;
  for (ptrdiff_t first = 0; first < columns; first += PANEL_COLUMNS) {
    memset(packed, 0, sizeof(float) * (size_t)(PANEL_COLUMNS * depth));
    for (ptrdiff_t c = 0; c < smaller(PANEL_COLUMNS, columns - first); c++) {
      const Tap tap = tap_at(&p->y, &p->x, extents, first_column + first + c);
      for (ptrdiff_t s = 0; s < segment_count; s++) {
        const Run run = run_within(&p->y, &p->x, &segments[s], &tap);
        const float *values = source + run.source;
        float *target = packed + run.start * PANEL_COLUMNS + c;
        for (ptrdiff_t i = 0; i < run.length; i++) target[i * PANEL_COLUMNS] = values[i * step];
      }
    }
    packed += PANEL_COLUMNS * depth;
  }
}

/// Packs rows (result channels) of the gradient, positions along the inner axis.
INLINE void pack_gradient(
    const float *gradient, const Extents *extents, const Segment *segments,
    ptrdiff_t segment_count, ptrdiff_t rows, ptrdiff_t depth, float *packed) {
  for (ptrdiff_t first = 0; first < rows; first += PANEL_ROWS) {
    const ptrdiff_t count = smaller(PANEL_ROWS, rows - first);
    const float *plane = gradient + first * extents->result_plane;
    if (count < PANEL_ROWS) memset(packed, 0, sizeof(float) * (size_t)(PANEL_ROWS * depth));
    for (ptrdiff_t s = 0; s < segment_count; s++)
      for (ptrdiff_t r = 0; r < count; r++) {
        const float *values = plane + r * extents->result_plane + segments[s].result;
        float *target = packed + segments[s].start * PANEL_ROWS + r;
        for (ptrdiff_t k = 0; k < segments[s].length; k++) target[k * PANEL_ROWS] = values[k];
      }
    packed += PANEL_ROWS * depth;
  }
}

INLINE void run_tile(const CMatrixWeightGradient *p, ptrdiff_t tile, const int width) {
  const Plan plan = plan_of(p);
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
  Workspace *workspace = &cmatrix_workspace;
  Segment segments[BLOCK_DEPTH];
  for (ptrdiff_t k = begin; k < end; k += BLOCK_DEPTH) {
    const ptrdiff_t depth = smaller(BLOCK_DEPTH, end - k);
    const ptrdiff_t segment_count = cut_segments(&p->y, &p->x, &extents, k, depth, segments);
    pack_source(
        p, source, &extents, segments, segment_count, first_column, columns, depth, workspace->b);
    for (ptrdiff_t row = first_row; row < last_row; row += BLOCK_ROWS) {
      const ptrdiff_t rows = smaller(BLOCK_ROWS, last_row - row);
      pack_gradient(
          gradient + row * result_plane, &extents, segments, segment_count, rows, depth,
          workspace->a);
      for (ptrdiff_t c = 0; c < columns; c += PANEL_COLUMNS)
        for (ptrdiff_t r = 0; r < rows; r += PANEL_ROWS) {
          _Alignas(64) float block[PANEL_ROWS * PANEL_COLUMNS];
          const ptrdiff_t block_rows = smaller(PANEL_ROWS, rows - r);
          const ptrdiff_t block_columns = smaller(PANEL_COLUMNS, columns - c);
          multiply_panels(
              depth, workspace->a + r * depth, workspace->b + c * depth, block, block_rows, width);
          for (ptrdiff_t i = 0; i < block_rows; i++) {
            float *target = result + (row + r + i) * plan.columns + c;
            const float *values = block + i * PANEL_COLUMNS;
            if (k == begin)
              for (ptrdiff_t j = 0; j < block_columns; j++) target[j] = values[j];
            else
              for (ptrdiff_t j = 0; j < block_columns; j++) target[j] += values[j];
          }
        }
    }
  }
}

ptrdiff_t cmatrix_weight_gradient_chunk_count(const CMatrixWeightGradient *p) {
  return plan_of(p).chunks;
}

ptrdiff_t cmatrix_weight_gradient_tile_count(const CMatrixWeightGradient *p) {
  const Plan plan = plan_of(p);
  return plan.tiling.row_tiles * plan.tiling.column_tiles * p->groups * plan.chunks;
}

DEFINE_DISPATCHED(cmatrix_weight_gradient_run_tile, CMatrixWeightGradient, run_tile)
