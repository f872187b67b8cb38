// The weights of a convolution in the order in which tiles read them, compiled once per
// instruction set: [group][row panel][block of channels][phase][channel][tap][ROWS].
#pragma once
#include "ConvolutionPlan.h"
#include "Segments.h"

INLINE ptrdiff_t panel_floats(const CMatrixConvolution *p, const ConvolutionPlan *plan) {
  return p->source_channels * plan->area * ROWS;
}

static ptrdiff_t convolution_packed_count(const CMatrixConvolution *p) {
  const ConvolutionPlan plan = convolution_plan(p);
  return p->groups * plan.panels * panel_floats(p, &plan);
}

static ptrdiff_t convolution_piece_count(const CMatrixConvolution *p) {
  return p->groups * divided_up(p->result_channels, ROWS);
}

enum { SMALL_KERNEL = 64 };

/// Where, in a block of one channel per phase's taps, the weight of each place of a kernel goes:
/// its phase's first weight, its number within the phase, and the phase's taps.
typedef struct {
  int before, index, taps;
} WeightTarget;

/// Packs four rows of one channel, four weights at a time.
INLINE void pack_four_rows(
    const float *source, ptrdiff_t row_stride, ptrdiff_t kernel, const WeightTarget *targets,
    ptrdiff_t channel, ptrdiff_t channels, float *packed) {
  for (ptrdiff_t t = 0; t < kernel; t += 4) {
    float *places[4], unused[4];
    for (int i = 0; i < 4; i++) {
      const WeightTarget *to = &targets[t + i];
      places[i] = to->taps == 0 ? unused
          : packed + ((ptrdiff_t)to->before * channels + channel * to->taps + to->index) * ROWS;
    }
    transpose_four(source + t, row_stride, places[0], places[1], places[2], places[3]);
  }
}

/// Packs rows one weight at a time.
INLINE void pack_rows_slowly(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, const float *source,
    ptrdiff_t first, ptrdiff_t last, ptrdiff_t channel, ptrdiff_t channels, float *packed) {
  for (ptrdiff_t y = 0; y < p->y_phases; y++)
    for (ptrdiff_t x = 0; x < p->x_phases; x++) {
      const ptrdiff_t taps = p->y[y].taps * p->x[x].taps;
      float *target = packed + (taps_before(p, plan, y, x) * channels + channel * taps) * ROWS;
      for (ptrdiff_t t = 0; t < taps; t++, target += ROWS) {
        const float *value = source + weight_place(&p->y[y], &p->x[x], t);
        for (ptrdiff_t r = first; r < ROWS; r++)
          target[r] = r < last ? value[r * p->weight_result_stride] : 0;
      }
    }
}

static void convolution_pack_piece(const CMatrixConvolution *p, ptrdiff_t piece) {
  const ConvolutionPlan plan = convolution_plan(p);
  const ptrdiff_t group = piece / plan.panels, row = piece % plan.panels * ROWS;
  const ptrdiff_t rows = smaller(ROWS, p->result_channels - row);
  const ptrdiff_t kernel = p->y->weight_size * p->x->weight_size;
  const bool is_small = kernel <= SMALL_KERNEL && kernel % 4 == 0;
  WeightTarget targets[SMALL_KERNEL] = {0};
  if (is_small)
    for (ptrdiff_t y = 0; y < p->y_phases; y++)
      for (ptrdiff_t x = 0; x < p->x_phases; x++) {
        const ptrdiff_t taps = p->y[y].taps * p->x[x].taps;
        for (ptrdiff_t t = 0; t < taps; t++)
          targets[weight_place(&p->y[y], &p->x[x], t)] =
              (WeightTarget){(int)taps_before(p, &plan, y, x), (int)t, (int)taps};
      }

  const float *weight = p->weight + group * p->weight_group_stride + row * p->weight_result_stride;
  float *packed = p->packed + piece * panel_floats(p, &plan);
  for (ptrdiff_t c = 0; c < p->source_channels; c += plan.channels) {
    const ptrdiff_t channels = smaller(plan.channels, p->source_channels - c);
    float *block = packed + c * plan.area * ROWS;
    for (ptrdiff_t i = 0; i < channels; i++) {
      const float *source = weight + (c + i) * p->weight_source_stride;
      ptrdiff_t r = 0;
      if (is_small)
        for (; r + 4 <= rows; r += 4)
          pack_four_rows(
              source + r * p->weight_result_stride, p->weight_result_stride, kernel, targets, i,
              channels, block + r);
      if (r < ROWS) pack_rows_slowly(p, &plan, source, r, rows, i, channels, block);
    }
  }
}
