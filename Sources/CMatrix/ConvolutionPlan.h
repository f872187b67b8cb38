// How a convolution is cut up, compiled once per instruction set.
//
// Channels are summed in blocks, so that a block's gathered source stays in the L2 cache. Rows of
// pictures that fill vectors are read in place, from padded copies ("direct"); narrower ones are
// packed, several rows and pictures to a panel ("gathered").
#pragma once
#include "Panels.h"

enum {
  // Places that the taps of all phases may take in a block of channels.
  MOST_PLACES = 4 * BLOCK_DEPTH,
};

typedef struct {
  bool is_direct;
  /// Weights of a kernel that are used: the taps of all phases; and the most of one phase.
  ptrdiff_t area, phase_area;
  /// Taps of all phases along x.
  ptrdiff_t x_taps;
  /// Channels of a block, and row panels of one group.
  ptrdiff_t channels, panels;
  /// Direct: rows of results and row panels of a tile, and how many of them there are.
  ptrdiff_t rows, bands, tile_panels, row_tiles;
  /// Direct: the first source coordinates that the first result of a band sees.
  ptrdiff_t y_first, x_first;
  /// Direct: rows and floats of a channel's padded copy; of its rows, each `parts` parts.
  ptrdiff_t source_rows, plane, pitch, parts;
  /// Gathered: tiles of the widest phase.
  Tiling tiling;
} ConvolutionPlan;

/// The range of source offsets of all phases and taps of one axis.
INLINE void find_offsets(
    const CMatrixAxis *axes, ptrdiff_t phases, ptrdiff_t *first, ptrdiff_t *last) {
  bool found = false;
  *first = *last = 0;
  for (ptrdiff_t i = 0; i < phases; i++) {
    if (axes[i].taps == 0) continue;
    const ptrdiff_t a = axes[i].source_offset;
    const ptrdiff_t b = a + axes[i].source_tap_step * (axes[i].taps - 1);
    *first = found ? smaller(*first, smaller(a, b)) : smaller(a, b);
    *last = found ? larger(*last, larger(a, b)) : larger(a, b);
    found = true;
  }
}

/// Makes the plan direct if rows fill vectors and blocks fit.
INLINE void plan_direct(const CMatrixConvolution *p, ConvolutionPlan *plan) {
  enum { WANTED_COLUMNS = 512, FEWEST_COLUMNS = 128 };
  const double worth_splitting = 2e6;
  const ptrdiff_t width = rounded_up(p->x->count, LANES), step = p->x->source_step;
  if (step > 2 || 4 * width > 5 * p->x->count || plan->phase_area > BLOCK_DEPTH ||
      plan->area > MOST_PLACES)
    return;
  ptrdiff_t y_last, x_last;
  find_offsets(p->y, p->y_phases, &plan->y_first, &y_last);
  find_offsets(p->x, p->x_phases, &plan->x_first, &x_last);
  plan->parts = step;
  plan->pitch = rounded_up(width + (x_last - plan->x_first) / step + 1, 4);

  ptrdiff_t rows = smaller(larger(WANTED_COLUMNS / width, 1), p->y->count);
  ptrdiff_t channels = smaller(plan->channels, MOST_PLACES / larger(plan->area, 1));
  for (;;) {
    plan->source_rows = p->y->source_step * (rows - 1) + y_last - plan->y_first + 1;
    plan->plane = plan->source_rows * plan->parts * plan->pitch;
    if (channels * plan->plane <= BLOCK_FLOATS) break;
    if (rows * width > FEWEST_COLUMNS && rows > 1) rows--;
    else if (channels > 1) channels = divided_up(channels, 2);
    else if (rows > 1) rows--;
    else return;
  }
  ptrdiff_t panels = plan->panels;
  for (;;) {
    const ptrdiff_t tiles = p->batch * p->groups * divided_up(p->y->count, rows) *
        divided_up(plan->panels, panels);
    const double arithmetic = 2.0 * (double)(panels * ROWS * rows * width) *
        (double)(p->source_channels * plan->area);
    if (tiles >= ENOUGH_TILES || arithmetic < worth_splitting) break;
    if (rows > 1 && rows * width >= 2 * FEWEST_COLUMNS) rows = divided_up(rows, 2);
    else if (panels * ROWS > 32) panels = divided_up(panels, 2);
    else break;
  }
  plan->is_direct = true;
  plan->channels = channels;
  plan->bands = divided_up(p->y->count, rows);
  plan->rows = divided_up(p->y->count, plan->bands);
  plan->source_rows = p->y->source_step * (plan->rows - 1) + y_last - plan->y_first + 1;
  plan->plane = plan->source_rows * plan->parts * plan->pitch;
  plan->tile_panels = panels;
  plan->row_tiles = divided_up(plan->panels, panels);
}

INLINE ConvolutionPlan convolution_plan(const CMatrixConvolution *p) {
  ptrdiff_t y_taps = 0, x_taps = 0, most_y = 0, most_x = 0;
  for (ptrdiff_t i = 0; i < p->y_phases; i++) {
    y_taps += p->y[i].taps;
    most_y = larger(most_y, p->y[i].taps);
  }
  for (ptrdiff_t i = 0; i < p->x_phases; i++) {
    x_taps += p->x[i].taps;
    most_x = larger(most_x, p->x[i].taps);
  }
  ConvolutionPlan plan = {0};
  plan.area = y_taps * x_taps;
  plan.x_taps = x_taps;
  plan.phase_area = most_y * most_x;
  plan.panels = divided_up(p->result_channels, ROWS);
  const ptrdiff_t most = larger(BLOCK_DEPTH / larger(plan.phase_area, 1), 1);
  plan.channels = divided_up(p->source_channels, divided_up(p->source_channels, most));
  plan_direct(p, &plan);
  if (!plan.is_direct)
    plan.tiling = tiling_of(
        p->result_channels, p->batch * p->y->count * p->x->count,
        p->source_channels * plan.phase_area, ROWS, COLUMNS, ENOUGH_TILES);
  return plan;
}

/// Weights that come before those of a phase, in a kernel whose weights are ordered by phase.
INLINE ptrdiff_t taps_before(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, ptrdiff_t y, ptrdiff_t x) {
  ptrdiff_t y_taps = 0, x_taps = 0;
  for (ptrdiff_t i = 0; i < y; i++) y_taps += p->y[i].taps;
  for (ptrdiff_t i = 0; i < x; i++) x_taps += p->x[i].taps;
  return y_taps * plan->x_taps + p->y[y].taps * x_taps;
}
