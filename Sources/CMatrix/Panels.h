// What the three products share: panel sizes, the micro-kernel, tiles, workspace.
//
// A operand: panels of ROWS rows, stored [k][ROWS]. B operand: panels of COLUMNS columns, stored
// [k][COLUMNS]. The micro-kernel multiplies one panel of each into a ROWS x COLUMNS block that
// stays in registers. Functions here are inlined into callers compiled for AVX2 and, a second
// time, for the baseline.
#pragma once
#include "CMatrix.h"
#include <string.h>

enum {
  PANEL_ROWS = 6,
  PANEL_COLUMNS = 16,
  // Depth of a block: one B panel is 16 KiB, half of a usual L1 cache.
  BLOCK_DEPTH = 256,
  // Rows of a packed A block: 96 KiB, to stay in L2.
  BLOCK_ROWS = 96,
  // Columns of a packed B block; also the widest tile.
  BLOCK_COLUMNS = 384,
  BLOCK_PANELS = BLOCK_COLUMNS / PANEL_COLUMNS,
};

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2,fma")))
#endif

/// Defines `name`, which runs the inline function `body` as compiled for this processor.
#if defined(__x86_64__)
#define DEFINE_DISPATCHED(name, Type, body)                                        \
  WITH_AVX2 static void name##_avx2(const Type *p, ptrdiff_t tile) { body(p, tile, 16); } \
  static void name##_baseline(const Type *p, ptrdiff_t tile) { body(p, tile, 8); } \
  void name(const Type *p, ptrdiff_t tile) {                                       \
    if (cmatrix_uses_avx2()) name##_avx2(p, tile);                                 \
    else name##_baseline(p, tile);                                                 \
  }
#else
#define DEFINE_DISPATCHED(name, Type, body) \
  void name(const Type *p, ptrdiff_t tile) { body(p, tile, 16); }
#endif

/// Packed blocks of the running thread: too large for the stacks of dispatch threads.
typedef struct {
  _Alignas(64) float a[BLOCK_ROWS * BLOCK_DEPTH];
  _Alignas(64) float b[BLOCK_COLUMNS * BLOCK_DEPTH];
} Workspace;

extern _Thread_local Workspace cmatrix_workspace;

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t divided_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }

/// How the rows and columns of one product are cut into tiles.
typedef struct {
  ptrdiff_t tile_rows, tile_columns, row_tiles, column_tiles;
} Tiling;

Tiling cmatrix_tiling(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner);

typedef float Vector __attribute__((vector_size(32), aligned(4)));

/// block[r][c] = sum over k of a[k][r] * b[k][c], for `rows` rows and `width` columns of a panel.
/// Eight columns at a time (`width` 8) is what sixteen 128-bit registers can hold.
INLINE void multiply_columns(
    ptrdiff_t depth, const float *a, const float *b, float *block, const int rows,
    const int width) {
  const int vectors = width / 8;
  Vector sums[PANEL_ROWS][2];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = (Vector){0};
#pragma clang loop unroll_count(4)
  for (ptrdiff_t k = 0; k < depth; k++) {
    Vector right[2];
    for (int v = 0; v < vectors; v++)
      right[v] = *(const Vector *)(b + k * PANEL_COLUMNS + 8 * v);
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++) sums[r][v] += a[k * PANEL_ROWS + r] * right[v];
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      *(Vector *)(block + r * PANEL_COLUMNS + 8 * v) = sums[r][v];
}

INLINE void multiply_rows(
    ptrdiff_t depth, const float *a, const float *b, float *block, const int rows,
    const int width) {
  for (int c = 0; c < PANEL_COLUMNS; c += width)
    multiply_columns(depth, a, b + c, block + c, rows, width);
}

/// The product of one panel of each operand, ROWS x COLUMNS; only `rows` rows are computed.
INLINE void multiply_panels(
    ptrdiff_t depth, const float *a, const float *b, float *block, ptrdiff_t rows,
    const int width) {
  switch (rows) {
  case 1: multiply_rows(depth, a, b, block, 1, width); break;
  case 2: multiply_rows(depth, a, b, block, 2, width); break;
  case 3: multiply_rows(depth, a, b, block, 3, width); break;
  case 4: multiply_rows(depth, a, b, block, 4, width); break;
  default: multiply_rows(depth, a, b, block, PANEL_ROWS, width); break;
  }
}

/// Packs `rows` rows of `depth` values, row r at a + r * row_stride, into panels.
INLINE void pack_rows(
    const float *a, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,
    ptrdiff_t depth, float *packed) {
  for (ptrdiff_t first = 0; first < rows; first += PANEL_ROWS) {
    const float *source = a + first * row_stride;
    if (rows - first >= PANEL_ROWS) {
      for (ptrdiff_t k = 0; k < depth; k++)
        for (int r = 0; r < PANEL_ROWS; r++)
          packed[k * PANEL_ROWS + r] = source[r * row_stride + k * column_stride];
    } else {
      for (ptrdiff_t k = 0; k < depth; k++)
        for (int r = 0; r < PANEL_ROWS; r++)
          packed[k * PANEL_ROWS + r] =
              first + r < rows ? source[r * row_stride + k * column_stride] : 0;
    }
    packed += PANEL_ROWS * depth;
  }
}
