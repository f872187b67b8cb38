// Convolutions whose rows are too narrow for vectors (and those of unusual geometry), compiled once
// per instruction set: the gathered source is packed, several rows and pictures to a panel.
#pragma once
#include "Chain.h"
#include "PackedWeights.h"

enum { MOST_PANELS = BLOCK_COLUMNS / COLUMNS };

typedef struct {
  Segment segments[BLOCK_COLUMNS];
  /// Panel p has segments first[p]..<first[p + 1].
  ptrdiff_t first[MOST_PANELS + 1];
} PanelSegments;

enum { TAPS_AT_ONCE = 16 };

/// The runs of one panel for one tap, and whether they fill the panel.
typedef struct {
  int first, last;
  bool complete;
} PanelTap;

typedef struct {
  Run runs[BLOCK_COLUMNS * TAPS_AT_ONCE];
  PanelTap entries[MOST_PANELS * TAPS_AT_ONCE];
} PanelRuns;

static _Thread_local PanelRuns *panel_runs_memory;

INLINE PanelRuns *panel_runs(void) {
  if (!panel_runs_memory) panel_runs_memory = cmatrix_thread_memory(sizeof(PanelRuns));
  return panel_runs_memory;
}

/// One phase of each axis.
typedef struct {
  const CMatrixAxis *y, *x;
} PhaseAxes;

/// target[i] = source[i * step], in pieces of the lengths that small maps have.
INLINE void copy_run(const float *source, ptrdiff_t length, ptrdiff_t step, float *target) {
  if (step == 1) {
    for (; length >= 8; length -= 8, source += 8, target += 8)
      memcpy(target, source, 8 * sizeof(float));
    if (length >= 4) {
      memcpy(target, source, 4 * sizeof(float));
      length -= 4, source += 4, target += 4;
    }
  } else if (step == 2) {
    for (; length >= 4; length -= 4, source += 8, target += 4) {
      // The even elements of 2 * 4 - 1 floats.
      const Four low = *(const Four *)source, high = *(const Four *)(source + 3);
      *(Four *)target = __builtin_shufflevector(low, high, 0, 2, 5, 7);
    }
  }
#pragma clang loop vectorize(disable)
  for (ptrdiff_t i = 0; i < length; i++) target[i] = source[i * step];
}

/// Finds which parts of every panel lie inside the source, for some taps.
INLINE void find_runs(
    PhaseAxes phase, const Extents *extents, const PanelSegments *panels, ptrdiff_t panel_count,
    ptrdiff_t first_tap, ptrdiff_t taps, PanelRuns *found) {
  int made = 0;
  for (ptrdiff_t panel = 0; panel < panel_count; panel++)
    for (ptrdiff_t t = 0; t < taps; t++) {
      const Tap tap = tap_at(phase.y, phase.x, extents, first_tap + t);
      ptrdiff_t inside = 0;
      PanelTap *entry = &found->entries[panel * taps + t];
      entry->first = made;
      for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
        const Run run = run_within(phase.y, phase.x, &panels->segments[s], &tap);
        found->runs[made] = run;
        made += run.length > 0;
        inside += run.length;
      }
      entry->last = made;
      entry->complete = inside == COLUMNS;
    }
}

/// Packs the gathered source: inner indices k..<k + depth of every panel. Channels are walked in
/// the outer loop, so that each line of the source is read once; planes whose sizes are powers of
/// two would otherwise drive each other out of the caches.
INLINE void pack_source(
    PhaseAxes phase, const float *source, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t columns, ptrdiff_t k, ptrdiff_t depth,
    PanelRuns *found, float *packed) {
  const ptrdiff_t taps = phase.y->taps * phase.x->taps, plane = extents->source_plane;
  const ptrdiff_t panel_count = divided_up(columns, COLUMNS);
  for (ptrdiff_t first = 0; first < taps; first += TAPS_AT_ONCE) {
    const ptrdiff_t some = smaller(TAPS_AT_ONCE, taps - first);
    if (k == 0 || some < taps) find_runs(phase, extents, panels, panel_count, first, some, found);
    for (ptrdiff_t channel = k / taps; channel * taps < k + depth; channel++) {
      const float *values = source + channel * plane;
      for (ptrdiff_t panel = 0; panel < panel_count; panel++)
        for (ptrdiff_t t = 0; t < some; t++) {
          const ptrdiff_t d = channel * taps + first + t - k;
          if (d < 0 || d >= depth) continue;
          const PanelTap *entry = &found->entries[panel * some + t];
          float *target = packed + (panel * depth + d) * COLUMNS;
          if (!entry->complete) memset(target, 0, COLUMNS * sizeof(float));
          for (int r = entry->first; r < entry->last; r++) {
            const Run *run = &found->runs[r];
            copy_run(values + run->source, run->length, phase.x->source_step, target + run->start);
          }
        }
    }
  }
}

/// Where sums go on: what is there of a block, or zeros before the first.
INLINE void begin_block(
    const CMatrixConvolution *p, PhaseAxes phase, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t panel, float *block, ptrdiff_t channel, ptrdiff_t rows,
    bool first) {
  if (!REPRODUCIBLE) return;
  memset(block, 0, ROWS * COLUMNS * sizeof(float));
  if (first) return;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *plane = p->result + (channel + r) * extents->result_plane;
    for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
      const Segment *segment = &panels->segments[s];
      for (ptrdiff_t c = 0; c < segment->length; c++)
        block[r * COLUMNS + segment->start + c] =
            plane[segment->result + c * phase.x->result_step];
    }
  }
}

/// Stores a block with its bias, or adds it, when it is not the first of the inner sum. Where sums are
/// one chain, the bias comes last.
INLINE void store_block(
    const CMatrixConvolution *p, PhaseAxes phase, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t panel, const float *block, ptrdiff_t channel,
    ptrdiff_t rows, bool first, bool last) {
  const ptrdiff_t step = phase.x->result_step;
  const bool has_bias = p->bias && (REPRODUCIBLE ? last : first);
  first = first || REPRODUCIBLE;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float bias = has_bias ? p->bias[channel + r] : 0;
    float *plane = p->result + (channel + r) * extents->result_plane;
    for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
      const Segment *segment = &panels->segments[s];
      const float *source = block + r * COLUMNS + segment->start;
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

_Static_assert(ROWS * COLUMNS <= CHAIN_BLOCK, "an epilogue takes a block of registers at once");

/// Stores what the epilogue makes of a finished block.
static void finish_block(
    const CMatrixConvolution *p, PhaseAxes phase, const Extents *extents,
    const PanelSegments *panels, ptrdiff_t panel, const float *block, ptrdiff_t channel,
    ptrdiff_t rows, bool first) {
  const ptrdiff_t step = phase.x->result_step;
  _Alignas(64) float sums[ROWS * COLUMNS];
  ptrdiff_t positions[ROWS * COLUMNS], count = 0;
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t s = panels->first[panel]; s < panels->first[panel + 1]; s++) {
      const Segment *segment = &panels->segments[s];
      const float *source = block + r * COLUMNS + segment->start;
      const ptrdiff_t start = (channel + r) * extents->result_plane + segment->result;
      for (ptrdiff_t c = 0; c < segment->length; c++, count++) {
        positions[count] = start + c * step;
        sums[count] = source[c];
      }
    }
  if (!first && !REPRODUCIBLE)
    for (ptrdiff_t i = 0; i < count; i++) sums[i] += p->result[positions[i]];
  store_epilogue(p->epilogue, sums, positions, count);
}

INLINE ptrdiff_t gathered_tile_count(const CMatrixConvolution *p, const ConvolutionPlan *plan) {
  const Tiling *tiling = &plan->tiling;
  return tiling->row_tiles * tiling->column_tiles * p->groups * p->y_phases * p->x_phases;
}

static void run_gathered_tile(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, ptrdiff_t tile) {
  const Tiling *tiling = &plan->tiling;
  const ptrdiff_t first_row = tile % tiling->row_tiles * tiling->tile_rows;
  const ptrdiff_t last_row = smaller(p->result_channels, first_row + tiling->tile_rows);
  tile /= tiling->row_tiles;
  const ptrdiff_t first_column = tile % tiling->column_tiles * tiling->tile_columns;
  tile /= tiling->column_tiles;
  const ptrdiff_t group = tile % p->groups;
  tile /= p->groups;
  const ptrdiff_t y = tile / p->x_phases, x = tile % p->x_phases;
  const PhaseAxes phase = {&p->y[y], &p->x[x]};
  const ptrdiff_t taps = phase.y->taps * phase.x->taps;
  const ptrdiff_t positions = p->batch * phase.y->count * phase.x->count;
  const ptrdiff_t columns = smaller(positions - first_column, tiling->tile_columns);
  if (columns <= 0) return;

  const ptrdiff_t source_plane = p->y->source_size * p->x->source_size;
  const ptrdiff_t result_plane = p->y->result_size * p->x->result_size;
  const Extents extents = {
      source_plane, p->groups * p->source_channels * source_plane, result_plane,
      p->groups * p->result_channels * result_plane};
  PanelSegments panels;
  ptrdiff_t made = 0, panel_count = 0;
  for (ptrdiff_t c = 0; c < columns; c += COLUMNS) {
    panels.first[panel_count++] = made;
    made += cut_segments(
        phase.y, phase.x, &extents, first_column + c, smaller(COLUMNS, columns - c),
        panels.segments + made);
  }
  panels.first[panel_count] = made;

  const float *source = p->source + group * p->source_channels * source_plane;
  const float *packed = p->packed + group * plan->panels * panel_floats(p, plan);
  const ptrdiff_t before = taps_before(p, plan, y, x);
  float *right = cmatrix_workspace()->right;
  ptrdiff_t c = 0;
  do {
    const ptrdiff_t channels = smaller(plan->channels, p->source_channels - c);
    const ptrdiff_t inner = channels * taps;
    ptrdiff_t k = 0;
    do {
      const ptrdiff_t depth = smaller(BLOCK_DEPTH, inner - k);
      pack_source(
          phase, source + c * source_plane, &extents, &panels, columns, k, depth, panel_runs(),
          right);
      for (ptrdiff_t row = first_row; row < last_row; row += ROWS) {
        const float *left = packed + row / ROWS * panel_floats(p, plan) +
            (c * plan->area + before * channels + k) * ROWS;
        const ptrdiff_t rows = smaller(ROWS, last_row - row);
        for (ptrdiff_t i = 0; i < columns; i += COLUMNS) {
          _Alignas(64) float block[ROWS * COLUMNS];
          const ptrdiff_t panel = i / COLUMNS, channel = group * p->result_channels + row;
          const bool is_first = c == 0 && k == 0;
          const bool is_last =
              c + plan->channels >= p->source_channels && k + BLOCK_DEPTH >= inner;
          begin_block(p, phase, &extents, &panels, panel, block, channel, rows, is_first);
          multiply_packed(
              depth, left, right + i * depth, block, rows, smaller(COLUMNS, columns - i));
          if (p->epilogue && is_last)
            finish_block(
                p, phase, &extents, &panels, panel, block, channel, rows, is_first);
          else
            store_block(
                p, phase, &extents, &panels, panel, block, channel, rows, is_first, is_last);
        }
      }
      k += BLOCK_DEPTH;
    } while (k < inner);
    c += plan->channels;
  } while (c < p->source_channels);
}

static ptrdiff_t convolution_tile_count(const CMatrixConvolution *p) {
  const ConvolutionPlan plan = convolution_plan(p);
  if (!plan.is_direct) return gathered_tile_count(p, &plan);
  return plan.row_tiles * plan.bands * p->groups * p->batch;
}

static void convolution_run_tile(const CMatrixConvolution *p, ptrdiff_t tile) {
  const ConvolutionPlan plan = convolution_plan(p);
  if (plan.is_direct) run_direct_tile(p, &plan, tile);
  else run_gathered_tile(p, &plan, tile);
}
