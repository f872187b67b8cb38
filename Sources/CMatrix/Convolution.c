#include "Segments.h"

typedef struct {
  Segment segments[BLOCK_COLUMNS];
  /// Panel p has segments first[p]..<first[p + 1].
  ptrdiff_t first[BLOCK_PANELS + 1];
} PanelSegments;

INLINE void pack_weights(
    const CMatrixConvolution *p, ptrdiff_t group, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t k,
    ptrdiff_t depth, float *packed) {
  ptrdiff_t places[BLOCK_DEPTH];
  for (ptrdiff_t d = 0; d < depth; d++) {
    const ptrdiff_t tap_x = (k + d) % p->x.taps, tap_y = (k + d) / p->x.taps % p->y.taps;
    const ptrdiff_t channel = (k + d) / p->x.taps / p->y.taps;
    places[d] = channel * p->weight_source_stride +
        (p->y.weight_offset + p->y.weight_tap_step * tap_y) * p->x.weight_size +
        p->x.weight_offset + p->x.weight_tap_step * tap_x;
  }
  const float *weight = p->weight + group * p->weight_group_stride;
  for (ptrdiff_t first = 0; first < rows; first += PANEL_ROWS) {
    const float *source = weight + (row + first) * p->weight_result_stride;
    const ptrdiff_t count = smaller(PANEL_ROWS, rows - first);
    for (ptrdiff_t d = 0; d < depth; d++, packed += PANEL_ROWS) {
      if (count == PANEL_ROWS)
        for (int r = 0; r < PANEL_ROWS; r++)
          packed[r] = source[r * p->weight_result_stride + places[d]];
      else
        for (int r = 0; r < PANEL_ROWS; r++)
          packed[r] = r < count ? source[r * p->weight_result_stride + places[d]] : 0;
    }
  }
}

INLINE void pack_source(
    const CMatrixConvolution *p, const float *source, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t columns, ptrdiff_t k, ptrdiff_t depth,
    float *packed) {
  Tap taps[BLOCK_DEPTH];
  for (ptrdiff_t d = 0; d < depth; d++) taps[d] = tap_at(&p->y, &p->x, extents, k + d);
  for (ptrdiff_t panel = 0; panel * PANEL_COLUMNS < columns; panel++) {
    const ptrdiff_t used = smaller(PANEL_COLUMNS, columns - panel * PANEL_COLUMNS);
    for (ptrdiff_t d = 0; d < depth; d++, packed += PANEL_COLUMNS) {
      for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
        const Segment *segment = &panels->segments[s];
        gather_segment(source, &p->y, &p->x, segment, &taps[d], packed + segment->start, 1);
      }
      for (ptrdiff_t c = used; c < PANEL_COLUMNS; c++) packed[c] = 0;
    }
  }
}

/// Stores a block with its bias, or adds it, when it is not the first of the inner sum.
INLINE void store_block(
    const CMatrixConvolution *p, const Extents *extents, const PanelSegments *panels,
    ptrdiff_t panel, const float *block, ptrdiff_t channel, ptrdiff_t rows, bool first) {
  const ptrdiff_t step = p->x.result_step;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float bias = p->bias ? p->bias[channel + r] : 0;
    float *plane = p->result + (channel + r) * extents->result_plane;
    for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
      const Segment *segment = &panels->segments[s];
      const float *source = block + r * PANEL_COLUMNS + segment->start;
      float *target = plane + segment->result;
      if (first && step == 1)
        for (ptrdiff_t c = 0; c < segment->length; c++) target[c] = source[c] + bias;
      else if (first)
        for (ptrdiff_t c = 0; c < segment->length; c++) target[c * step] = source[c] + bias;
      else if (step == 1)
        for (ptrdiff_t c = 0; c < segment->length; c++) target[c] += source[c];
      else
        for (ptrdiff_t c = 0; c < segment->length; c++) target[c * step] += source[c];
    }
  }
}

INLINE Tiling tiling_of(const CMatrixConvolution *p) {
  return cmatrix_tiling(
      p->result_channels, p->batch * p->y.count * p->x.count,
      p->source_channels * p->y.taps * p->x.taps);
}

INLINE void run_tile(const CMatrixConvolution *p, ptrdiff_t tile, const int width) {
  const Tiling tiling = tiling_of(p);
  const ptrdiff_t positions = p->batch * p->y.count * p->x.count;
  const ptrdiff_t inner = p->source_channels * p->y.taps * p->x.taps;
  const ptrdiff_t source_plane = p->y.source_size * p->x.source_size;
  const ptrdiff_t result_plane = p->y.result_size * p->x.result_size;
  const Extents extents = {
      source_plane, p->groups * p->source_channels * source_plane, result_plane,
      p->groups * p->result_channels * result_plane};

  const ptrdiff_t first_row = tile % tiling.row_tiles * tiling.tile_rows;
  const ptrdiff_t last_row = smaller(p->result_channels, first_row + tiling.tile_rows);
  tile /= tiling.row_tiles;
  const ptrdiff_t first_column = tile % tiling.column_tiles * tiling.tile_columns;
  const ptrdiff_t columns = smaller(positions - first_column, tiling.tile_columns);
  const ptrdiff_t group = tile / tiling.column_tiles;

  PanelSegments panels;
  ptrdiff_t made = 0, panel_count = 0;
  for (ptrdiff_t c = 0; c < columns; c += PANEL_COLUMNS) {
    panels.first[panel_count++] = made;
    made += cut_segments(
        &p->y, &p->x, &extents, first_column + c, smaller(PANEL_COLUMNS, columns - c),
        panels.segments + made);
  }
  panels.first[panel_count] = made;

  const float *source = p->source + group * p->source_channels * source_plane;
  Workspace *workspace = &cmatrix_workspace;
  ptrdiff_t k = 0;
  do {
    const ptrdiff_t depth = smaller(BLOCK_DEPTH, inner - k);
    pack_source(p, source, &extents, &panels, columns, k, depth, workspace->b);
    for (ptrdiff_t row = first_row; row < last_row; row += BLOCK_ROWS) {
      const ptrdiff_t rows = smaller(BLOCK_ROWS, last_row - row);
      pack_weights(p, group, row, rows, k, depth, workspace->a);
      for (ptrdiff_t c = 0; c < columns; c += PANEL_COLUMNS)
        for (ptrdiff_t r = 0; r < rows; r += PANEL_ROWS) {
          _Alignas(64) float block[PANEL_ROWS * PANEL_COLUMNS];
          const ptrdiff_t block_rows = smaller(PANEL_ROWS, rows - r);
          multiply_panels(
              depth, workspace->a + r * depth, workspace->b + c * depth, block, block_rows, width);
          store_block(
              p, &extents, &panels, c / PANEL_COLUMNS, block,
              group * p->result_channels + row + r, block_rows, k == 0);
        }
    }
    k += BLOCK_DEPTH;
  } while (k < inner);
}

ptrdiff_t cmatrix_convolution_tile_count(const CMatrixConvolution *p) {
  const Tiling tiling = tiling_of(p);
  return tiling.row_tiles * tiling.column_tiles * p->groups;
}

DEFINE_DISPATCHED(cmatrix_convolution_run_tile, CMatrixConvolution, run_tile)
