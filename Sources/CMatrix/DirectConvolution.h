// Convolutions whose rows fill vectors, compiled once per instruction set: the micro-kernel reads
// padded copies of a band's source rows in place, a vector of neighbouring results at a time. At
// stride 2 even and odd columns are copied apart, so that neighbours stay neighbours.
#pragma once
#include "Chain.h"
#include "PackedWeights.h"

enum {
  // Vectors of a block that has a single row: as many as hide the latency of an addition.
  LONE_VECTORS = 8,
};

typedef struct {
  int places[MOST_PLACES];
  _Alignas(64) float blocks[2][ROWS * COLUMNS > LONE_VECTORS * LANES
          ? ROWS * COLUMNS : LONE_VECTORS * LANES];
} DirectWorkspace;

static _Thread_local DirectWorkspace *direct_workspace_memory;

INLINE DirectWorkspace *direct_workspace(void) {
  if (!direct_workspace_memory)
    direct_workspace_memory = cmatrix_thread_memory(sizeof(DirectWorkspace));
  return direct_workspace_memory;
}

/// A tile: some rows of one picture and some row panels of one group.
typedef struct {
  ptrdiff_t picture, group, first_row, rows, first_panel, last_panel;
} DirectTile;

#if LANES == 16
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOW_PAIRS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_PAIRS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#define LOW_PAIRS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_PAIRS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#define LOW_PAIRS 0, 4, 1, 5
#define HIGH_PAIRS 2, 6, 3, 7
#endif

/// target[j] = source[first + j], 0 outside.
INLINE void copy_padded(
    const float *source, ptrdiff_t size, ptrdiff_t first, ptrdiff_t count, float *target) {
  const ptrdiff_t begin = smaller(larger(-first, 0), count);
  const ptrdiff_t end = larger(smaller(size - first, count), begin);
  for (ptrdiff_t j = 0; j < begin; j++) target[j] = 0;
  memcpy(target + begin, source + first + begin, sizeof(float) * (size_t)(end - begin));
  for (ptrdiff_t j = end; j < count; j++) target[j] = 0;
}

/// even[j] = source[first + 2 j], odd[j] = source[first + 2 j + 1], 0 outside.
INLINE void copy_halves(
    const float *source, ptrdiff_t size, ptrdiff_t first, ptrdiff_t count, float *even,
    float *odd) {
  ptrdiff_t j = 0;
  for (; j < count && first + 2 * j < 0; j++) {
    const ptrdiff_t x = first + 2 * j;
    even[j] = 0;
    odd[j] = x + 1 >= 0 && x + 1 < size ? source[x + 1] : 0;
  }
  for (; j + LANES <= count && first + 2 * (j + LANES) <= size; j += LANES) {
    const Vector a = *(const Vector *)(source + first + 2 * j);
    const Vector b = *(const Vector *)(source + first + 2 * j + LANES);
    *(Vector *)(even + j) = __builtin_shufflevector(a, b, EVEN);
    *(Vector *)(odd + j) = __builtin_shufflevector(a, b, ODD);
  }
  for (; j < count; j++) {
    const ptrdiff_t x = first + 2 * j;
    even[j] = x < size ? source[x] : 0;
    odd[j] = x + 1 < size ? source[x + 1] : 0;
  }
}

/// Copies the source rows of a band for some channels.
INLINE void copy_band(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, const DirectTile *tile,
    ptrdiff_t channel, ptrdiff_t channels, float *target) {
  const ptrdiff_t height = p->y->source_size, width = p->x->source_size;
  const ptrdiff_t first = p->y->source_step * tile->first_row + plan->y_first;
  const ptrdiff_t index =
      (tile->picture * p->groups + tile->group) * p->source_channels + channel;
  const float *source = p->source + index * height * width;
  for (ptrdiff_t c = 0; c < channels; c++, source += height * width)
    for (ptrdiff_t r = 0; r < plan->source_rows; r++, target += plan->parts * plan->pitch) {
      const ptrdiff_t y = first + r;
      if (y < 0 || y >= height)
        memset(target, 0, sizeof(float) * (size_t)(plan->parts * plan->pitch));
      else if (plan->parts == 1)
        copy_padded(source + y * width, width, plan->x_first, plan->pitch, target);
      else
        copy_halves(
            source + y * width, width, plan->x_first, plan->pitch, target, target + plan->pitch);
    }
}

/// Where every inner index of every phase reads, relative to its result's place in the copy.
INLINE void find_places(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, ptrdiff_t channels, int *places) {
  for (ptrdiff_t y = 0; y < p->y_phases; y++)
    for (ptrdiff_t x = 0; x < p->x_phases; x++) {
      const CMatrixAxis *rows = &p->y[y], *columns = &p->x[x];
      for (ptrdiff_t c = 0; c < channels; c++)
        for (ptrdiff_t ty = 0; ty < rows->taps; ty++)
          for (ptrdiff_t tx = 0; tx < columns->taps; tx++) {
            const ptrdiff_t dy = rows->source_offset + rows->source_tap_step * ty - plan->y_first;
            const ptrdiff_t dx =
                columns->source_offset + columns->source_tap_step * tx - plan->x_first;
            *places++ = (int)(c * plan->plane +
                (dy * plan->parts + dx % plan->parts) * plan->pitch + dx / plan->parts);
          }
    }
}

/// Writes a vector of results, or adds to them.
INLINE void store_vector(
    Vector value, float *target, ptrdiff_t step, ptrdiff_t count, bool first) {
  if (step == 1 && count == LANES) {
    *(Vector *)target = first ? value : *(const Vector *)target + value;
  } else {
    for (ptrdiff_t i = 0; i < count; i++)
      target[i * step] = first ? value[i] : target[i * step] + value[i];
  }
}

/// Some vectors of a tile: from `first` on, numbered along rows.
typedef struct {
  ptrdiff_t first, count, per_row;
} VectorGroup;

/// Where the sums of one phase go on: what is there of its block, or zeros before the first.
INLINE void begin_phase(
    const CMatrixConvolution *p, const DirectTile *tile, const VectorGroup *group,
    const CMatrixAxis *y, const CMatrixAxis *x, float *block, ptrdiff_t stride, ptrdiff_t row,
    ptrdiff_t rows, bool first) {
  if (!REPRODUCIBLE) return;
  memset(block, 0, sizeof(((DirectWorkspace *)0)->blocks[0]));
  if (first) return;
  const ptrdiff_t width = p->x->result_size, height = p->y->result_size;
  const ptrdiff_t plane = (tile->picture * p->groups + tile->group) * p->result_channels + row;
  for (ptrdiff_t v = 0; v < group->count; v++) {
    const ptrdiff_t j = tile->first_row + (group->first + v) / group->per_row;
    const ptrdiff_t i = (group->first + v) % group->per_row * LANES;
    const ptrdiff_t count = smaller(x->count - i, LANES);
    if (j >= y->count) continue;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float *source = p->result +
          ((plane + r) * height + y->result_offset + y->result_step * j) * width +
          x->result_offset + x->result_step * i;
      for (ptrdiff_t c = 0; c < count; c++)
        block[r * stride + v * LANES + c] = source[x->result_step * c];
    }
  }
}

/// Stores the block of one phase; with `odd`, those of two phases that alternate along x.
INLINE void store_phase(
    const CMatrixConvolution *p, const DirectTile *tile, const VectorGroup *group,
    const CMatrixAxis *y, const CMatrixAxis *x, const float *block, const float *odd,
    ptrdiff_t stride, ptrdiff_t row, ptrdiff_t rows, bool first, bool last) {
  // Where sums are one chain, the bias comes last.
  const bool has_bias = p->bias && (REPRODUCIBLE ? last : first);
  first = first || REPRODUCIBLE;
  const ptrdiff_t width = p->x->result_size, height = p->y->result_size;
  const ptrdiff_t channel = tile->group * p->result_channels + row;
  for (ptrdiff_t v = 0; v < group->count; v++) {
    const ptrdiff_t j = tile->first_row + (group->first + v) / group->per_row;
    const ptrdiff_t i = (group->first + v) % group->per_row * LANES;
    const ptrdiff_t count = smaller(x->count - i, LANES);
    if (j >= y->count || count <= 0) continue;
    const ptrdiff_t result_row = y->result_offset + y->result_step * j;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float bias = has_bias ? p->bias[channel + r] : 0;
      const ptrdiff_t plane = tile->picture * p->groups * p->result_channels + channel + r;
      float *target = p->result + (plane * height + result_row) * width + x->result_offset +
          x->result_step * i;
      const Vector a = *(const Vector *)(block + r * stride + v * LANES) + bias;
      if (!odd) {
        store_vector(a, target, x->result_step, count, first);
        continue;
      }
      const Vector b = *(const Vector *)(odd + r * stride + v * LANES) + bias;
      const ptrdiff_t odd_count = smaller(x[1].count - i, LANES);
      if (count == LANES && odd_count == LANES) {
        store_vector(__builtin_shufflevector(a, b, LOW_PAIRS), target, 1, LANES, first);
        store_vector(__builtin_shufflevector(a, b, HIGH_PAIRS), target + LANES, 1, LANES, first);
      } else {
        store_vector(a, target, 2, count, first);
        store_vector(b, target + 1, 2, odd_count, first);
      }
    }
  }
}

/// A panel of one row: eight vectors hide the latency that eight rows hide otherwise.
INLINE void multiply_lone_row(
    ptrdiff_t depth, const float *a, const float *const *b, const int *places, float *block) {
  Vector sums[LONE_VECTORS];
  for (int v = 0; v < LONE_VECTORS; v++)
    sums[v] = REPRODUCIBLE ? *(const Vector *)(block + v * LANES) : (Vector){0};
  for (ptrdiff_t k = 0; k < depth; k++) {
    const float factor = a[k * ROWS];
    for (int v = 0; v < LONE_VECTORS; v++)
      sums[v] += factor * *(const Vector *)(b[v] + places[k]);
  }
  for (int v = 0; v < LONE_VECTORS; v++) *(Vector *)(block + v * LANES) = sums[v];
}

/// Computes one row panel of some vectors, all phases.
INLINE void run_group(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, const DirectTile *tile,
    const VectorGroup *group, const float *weights, const float *copy, ptrdiff_t channels,
    ptrdiff_t row, bool first, bool last) {
  const ptrdiff_t rows = smaller(ROWS, p->result_channels - row);
  const ptrdiff_t row_pitch = p->y->source_step * plan->parts * plan->pitch;
  const ptrdiff_t stride = rows == 1 ? LONE_VECTORS * LANES : COLUMNS;
  const float *vectors[LONE_VECTORS > VECTORS ? LONE_VECTORS : VECTORS];
  for (int v = 0; v < (rows == 1 ? LONE_VECTORS : VECTORS); v++) {
    const ptrdiff_t number = group->first + (v < group->count ? v : 0);
    vectors[v] = copy + number / group->per_row * row_pitch + number % group->per_row * LANES;
  }
  const bool alternates = p->x_phases == 2 && p->x[0].result_offset == 0 &&
      p->x[1].result_offset == 1 && p->x[0].result_step == 2;
  DirectWorkspace *workspace = direct_workspace();
  ptrdiff_t before = 0;
  for (ptrdiff_t y = 0; y < p->y_phases; y++)
    for (ptrdiff_t x = 0; x < p->x_phases; x++) {
      const ptrdiff_t depth = channels * p->y[y].taps * p->x[x].taps;
      float *block = workspace->blocks[alternates ? x : 0];
      const float *a = weights + before * ROWS;
      const int *places = workspace->places + before;
      begin_phase(p, tile, group, &p->y[y], &p->x[x], block, stride, row, rows, first);
      if (rows == 1) multiply_lone_row(depth, a, vectors, places, block);
      else multiply_panels(depth, a, vectors, places, block, rows, (int)group->count);
      before += depth;
      if (alternates && x == 0) continue;
      store_phase(
          p, tile, group, &p->y[y], alternates ? p->x : &p->x[x], workspace->blocks[0],
          alternates ? workspace->blocks[1] : NULL, stride, row, rows, first, last);
    }
}

/// Applies the epilogue to one finished row panel: the phases together wrote whole rows of it.
INLINE void finish_panel(const CMatrixConvolution *p, const DirectTile *tile, ptrdiff_t row) {
  const ptrdiff_t width = p->x->result_size, height = p->y->result_size, step = p->y->result_step;
  const ptrdiff_t first = step * tile->first_row;
  const ptrdiff_t rows = smaller(step * tile->rows, height - first);
  const ptrdiff_t channels = smaller(ROWS, p->result_channels - row);
  const ptrdiff_t group = tile->picture * p->groups + tile->group;
  for (ptrdiff_t r = 0; r < channels; r++) {
    const ptrdiff_t plane = group * p->result_channels + row + r;
    apply_epilogue(p->epilogue, (plane * height + first) * width, rows * width);
  }
}

INLINE DirectTile direct_tile(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, ptrdiff_t number) {
  DirectTile tile;
  tile.first_panel = number % plan->row_tiles * plan->tile_panels;
  tile.last_panel = smaller(plan->panels, tile.first_panel + plan->tile_panels);
  number /= plan->row_tiles;
  tile.first_row = number % plan->bands * plan->rows;
  tile.rows = smaller(plan->rows, p->y->count - tile.first_row);
  number /= plan->bands;
  tile.group = number % p->groups;
  tile.picture = number / p->groups;
  return tile;
}

static void run_direct_tile(
    const CMatrixConvolution *p, const ConvolutionPlan *plan, ptrdiff_t number) {
  const DirectTile tile = direct_tile(p, plan, number);
  const ptrdiff_t per_row = divided_up(p->x->count, LANES), vectors = tile.rows * per_row;
  float *copy = cmatrix_workspace()->right;
  ptrdiff_t c = 0;
  do {
    const ptrdiff_t channels = smaller(plan->channels, p->source_channels - c);
    copy_band(p, plan, &tile, c, channels, copy);
    if (c == 0 || channels < plan->channels)
      find_places(p, plan, channels, direct_workspace()->places);
    for (ptrdiff_t panel = tile.first_panel; panel < tile.last_panel; panel++) {
      const float *weights = p->packed +
          (tile.group * plan->panels + panel) * panel_floats(p, plan) + c * plan->area * ROWS;
      const ptrdiff_t row = panel * ROWS;
      const bool is_last = c + plan->channels >= p->source_channels;
      const ptrdiff_t at_once = p->result_channels - row == 1 ? LONE_VECTORS : VECTORS;
      for (ptrdiff_t v = 0; v < vectors; v += at_once) {
        const VectorGroup group = {v, smaller(at_once, vectors - v), per_row};
        run_group(p, plan, &tile, &group, weights, copy, channels, row, c == 0, is_last);
      }
      if (p->epilogue && is_last) finish_panel(p, &tile, row);
    }
    c += plan->channels;
  } while (c < p->source_channels);
}
