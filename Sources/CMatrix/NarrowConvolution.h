// Convolutions to a few channels, such as the last one of a decoder: packing the source would take
// longer than the few rows that use it, so scaled rows of the source are added to rows of sums.
#pragma once
#include "Segments.h"

enum {
  // Result channels that do not pay for packing.
  NARROW_ROWS = 3,
  NARROW_TAPS = 16,
};

static inline bool cmatrix_is_narrow(const CMatrixConvolution *p) {
  return p->result_channels <= NARROW_ROWS && p->x.source_step == 1 &&
      p->y.taps * p->x.taps <= NARROW_TAPS;
}

typedef struct {
  Segment segments[BLOCK_COLUMNS];
  Run runs[BLOCK_COLUMNS * NARROW_TAPS];
  float sums[NARROW_ROWS * BLOCK_COLUMNS];
} NarrowWorkspace;

static _Thread_local NarrowWorkspace narrow_workspace;

INLINE void add_scaled(
    const float *restrict source, float factor, float *restrict sums, int count) {
  for (int i = 0; i < count; i++) sums[i] += factor * source[i];
}

/// Adds one source channel to the sums; `weights` are its taps for one result channel.
INLINE void add_channel(
    const float *values, const float *weights, ptrdiff_t taps, ptrdiff_t segment_count,
    NarrowWorkspace *workspace, float *sums) {
  for (ptrdiff_t s = 0; s < segment_count; s++)
    for (ptrdiff_t t = 0; t < taps; t++) {
      const Run *run = &workspace->runs[s * taps + t];
      add_scaled(values + run->source, weights[t], sums + run->start, run->length);
    }
}

INLINE void run_narrow_tile(
    const CMatrixConvolution *p, const Extents *extents, ptrdiff_t group, ptrdiff_t first_column,
    ptrdiff_t columns) {
  NarrowWorkspace *workspace = &narrow_workspace;
  const ptrdiff_t taps = p->y.taps * p->x.taps;
  const ptrdiff_t segment_count = cut_segments(
      &p->y, &p->x, extents, first_column, columns, workspace->segments);
  for (ptrdiff_t t = 0; t < taps; t++) {
    const Tap tap = tap_at(&p->y, &p->x, extents, t);
    for (ptrdiff_t s = 0; s < segment_count; s++)
      workspace->runs[s * taps + t] = run_within(&p->y, &p->x, &workspace->segments[s], &tap);
  }

  memset(workspace->sums, 0, sizeof workspace->sums);
  const float *source = p->source + group * p->source_channels * extents->source_plane;
  const float *weight = p->weight + group * p->weight_group_stride;
  for (ptrdiff_t c = 0; c < p->source_channels; c++)
    for (ptrdiff_t r = 0; r < p->result_channels; r++) {
      float weights[NARROW_TAPS];
      for (ptrdiff_t t = 0; t < taps; t++)
        weights[t] = weight
            [r * p->weight_result_stride + c * p->weight_source_stride + weight_place(p, t)];
      add_channel(
          source + c * extents->source_plane, weights, taps, segment_count, workspace,
          workspace->sums + r * BLOCK_COLUMNS);
    }

  for (ptrdiff_t r = 0; r < p->result_channels; r++) {
    const ptrdiff_t channel = group * p->result_channels + r;
    const float bias = p->bias ? p->bias[channel] : 0;
    float *plane = p->result + channel * extents->result_plane;
    for (ptrdiff_t s = 0; s < segment_count; s++) {
      const Segment *segment = &workspace->segments[s];
      const float *sums = workspace->sums + r * BLOCK_COLUMNS + segment->start;
      for (ptrdiff_t i = 0; i < segment->length; i++)
        plane[segment->result + i * p->x.result_step] = sums[i] + bias;
    }
  }
}
