#include "NarrowConvolution.h"

typedef struct {
  Segment segments[BLOCK_COLUMNS];
  /// Panel p has segments first[p]..<first[p + 1].
  ptrdiff_t first[BLOCK_PANELS + 1];
} PanelSegments;

enum { TAPS_AT_ONCE = 16 };

/// The runs of one panel for one tap, and whether they fill the panel.
typedef struct {
  int first, last;
  bool complete;
} PanelTap;

typedef struct {
  Run runs[BLOCK_COLUMNS * TAPS_AT_ONCE];
  PanelTap entries[BLOCK_PANELS * TAPS_AT_ONCE];
} PanelRuns;

static _Thread_local PanelRuns panel_runs;

INLINE void pack_weights(
    const CMatrixConvolution *p, ptrdiff_t group, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t k,
    ptrdiff_t depth, float *packed) {
  // As far ahead as the strided lines of a transposed convolution need to be asked for.
  enum { AHEAD = 16 };
  ptrdiff_t places[BLOCK_DEPTH + AHEAD];
  const ptrdiff_t taps = p->y.taps * p->x.taps;
  for (ptrdiff_t d = 0; d < depth; d++) {
    const ptrdiff_t channel = (k + d) / taps;
    places[d] = channel * p->weight_source_stride + weight_place(p, k + d - channel * taps);
  }
  for (ptrdiff_t d = depth; d < depth + AHEAD; d++) places[d] = depth > 0 ? places[depth - 1] : 0;
  const float *weight = p->weight + group * p->weight_group_stride;
  for (ptrdiff_t first = 0; first < rows; first += PANEL_ROWS) {
    const float *source = weight + (row + first) * p->weight_result_stride;
    const ptrdiff_t count = smaller(PANEL_ROWS, rows - first);
    for (ptrdiff_t d = 0; d < depth; d++, packed += PANEL_ROWS) {
      if (count == PANEL_ROWS)
        for (int r = 0; r < PANEL_ROWS; r++) {
          const float *row_values = source + r * p->weight_result_stride;
          __builtin_prefetch(row_values + places[d + AHEAD]);
          packed[r] = row_values[places[d]];
        }
      else
        for (int r = 0; r < PANEL_ROWS; r++)
          packed[r] = r < count ? source[r * p->weight_result_stride + places[d]] : 0;
    }
  }
}

/// The even elements of 2 * 8 - 1 floats.
INLINE void copy_even_8(const float *source, float *target) {
  const Vector low = *(const Vector *)source, high = *(const Vector *)(source + 7);
  *(Vector *)target = __builtin_shufflevector(low, high, 0, 2, 4, 6, 9, 11, 13, 15);
}

INLINE void copy_run(const float *source, ptrdiff_t length, ptrdiff_t step, float *target) {
  if (step == 1 && length == PANEL_COLUMNS) {
    memcpy(target, source, PANEL_COLUMNS * sizeof(float));
  } else if (step == 1 && length == 8) {
    memcpy(target, source, 8 * sizeof(float));
  } else if (step == 2 && length == PANEL_COLUMNS) {
    copy_even_8(source, target);
    copy_even_8(source + 16, target + 8);
  } else if (step == 2 && length == 8) {
    copy_even_8(source, target);
  } else {
#pragma clang loop vectorize(disable)
    for (ptrdiff_t i = 0; i < length; i++) target[i] = source[i * step];
  }
}

/// Finds which parts of every panel lie inside the source, for some taps.
INLINE void find_runs(
    const CMatrixConvolution *p, const Extents *extents, const PanelSegments *panels,
    ptrdiff_t panel_count, ptrdiff_t first_tap, ptrdiff_t taps, PanelRuns *found) {
  int made = 0;
  for (ptrdiff_t panel = 0; panel < panel_count; panel++)
    for (ptrdiff_t t = 0; t < taps; t++) {
      const Tap tap = tap_at(&p->y, &p->x, extents, first_tap + t);
      ptrdiff_t inside = 0;
      PanelTap *entry = &found->entries[panel * taps + t];
      entry->first = made;
      for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
        const Run run = run_within(&p->y, &p->x, &panels->segments[s], &tap);
        found->runs[made] = run;
        made += run.length > 0;
        inside += run.length;
      }
      entry->last = made;
      entry->complete = inside == PANEL_COLUMNS;
    }
}

/// Packs the gathered source: inner indices k..<k + depth of every panel. Channels are walked in
/// the outer loop, so that each line of the source is read once; planes whose sizes are powers of
/// two would otherwise drive each other out of the caches.
INLINE void pack_source(
    const CMatrixConvolution *p, const float *source, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t columns, ptrdiff_t k, ptrdiff_t depth,
    PanelRuns *found, float *packed) {
  const ptrdiff_t taps = p->y.taps * p->x.taps, plane = extents->source_plane;
  const ptrdiff_t panel_count = divided_up(columns, PANEL_COLUMNS);
  for (ptrdiff_t first = 0; first < taps; first += TAPS_AT_ONCE) {
    const ptrdiff_t some = smaller(TAPS_AT_ONCE, taps - first);
    if (k == 0 || some < taps) find_runs(p, extents, panels, panel_count, first, some, found);
    for (ptrdiff_t channel = k / taps; channel * taps < k + depth; channel++) {
      const float *values = source + channel * plane;
      for (ptrdiff_t panel = 0; panel < panel_count; panel++)
        for (ptrdiff_t t = 0; t < some; t++) {
          const ptrdiff_t d = channel * taps + first + t - k;
          if (d < 0 || d >= depth) continue;
          const PanelTap *entry = &found->entries[panel * some + t];
          float *target = packed + (panel * depth + d) * PANEL_COLUMNS;
          if (!entry->complete) memset(target, 0, PANEL_COLUMNS * sizeof(float));
          for (int r = entry->first; r < entry->last; r++) {
            const Run *run = &found->runs[r];
            copy_run(values + run->source, run->length, p->x.source_step, target + run->start);
          }
        }
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

  if (cmatrix_is_narrow(p)) {
    run_narrow_tile(p, &extents, group, first_column, columns);
    return;
  }
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
    pack_source(p, source, &extents, &panels, columns, k, depth, &panel_runs, workspace->b);
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
