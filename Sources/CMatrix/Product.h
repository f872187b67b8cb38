// Matrix products, compiled once per instruction set.
#pragma once
#include "Chain.h"

enum { PRODUCT_DEPTH = 256, PRODUCT_ROWS = 96 };

INLINE Tiling product_tiling(const CMatrixProduct *p) {
  return tiling_of(p->rows, p->columns, p->inner, ROWS, COLUMNS, ENOUGH_TILES);
}

static ptrdiff_t product_tile_count(const CMatrixProduct *p) {
  const Tiling tiling = product_tiling(p);
  return tiling.row_tiles * tiling.column_tiles;
}

/// Applies the epilogue to some finished rows of a tile.
INLINE void finish_rows(
    const CMatrixProduct *p, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column, ptrdiff_t columns) {
  const ptrdiff_t first =
      p->result - p->epilogue->result + row * p->result_row_stride + column;
  if (columns == p->result_row_stride) apply_epilogue(p->epilogue, first, rows * columns);
  else
    for (ptrdiff_t r = 0; r < rows; r++)
      apply_epilogue(p->epilogue, first + r * p->result_row_stride, columns);
}

static void product_run_tile(const CMatrixProduct *p, ptrdiff_t tile) {
  const Tiling tiling = product_tiling(p);
  const ptrdiff_t first_row = tile % tiling.row_tiles * tiling.tile_rows;
  const ptrdiff_t last_row = smaller(p->rows, first_row + tiling.tile_rows);
  const ptrdiff_t first_column = tile / tiling.row_tiles * tiling.tile_columns;
  const ptrdiff_t columns = smaller(p->columns - first_column, tiling.tile_columns);
  Workspace *workspace = cmatrix_workspace();
  ptrdiff_t k = 0;
  do {
    const ptrdiff_t depth = smaller(PRODUCT_DEPTH, p->inner - k);
    const float *b = p->b + k * p->b_row_stride + first_column * p->b_column_stride;
    for (ptrdiff_t c = 0; c < columns; c += COLUMNS)
      pack_panel(
          b + c * p->b_column_stride, p->b_column_stride, p->b_row_stride,
          smaller(COLUMNS, columns - c), COLUMNS, depth, workspace->right + c * depth);
    for (ptrdiff_t row = first_row; row < last_row; row += PRODUCT_ROWS) {
      const ptrdiff_t rows = smaller(PRODUCT_ROWS, last_row - row);
      const float *a = p->a + row * p->a_row_stride + k * p->a_column_stride;
      for (ptrdiff_t r = 0; r < rows; r += ROWS)
        pack_panel(
            a + r * p->a_row_stride, p->a_row_stride, p->a_column_stride, smaller(ROWS, rows - r),
            ROWS, depth, workspace->left + r * depth);
      for (ptrdiff_t c = 0; c < columns; c += COLUMNS)
        for (ptrdiff_t r = 0; r < rows; r += ROWS) {
          _Alignas(64) float block[ROWS * COLUMNS];
          const ptrdiff_t block_rows = smaller(ROWS, rows - r);
          const ptrdiff_t block_columns = smaller(COLUMNS, columns - c);
          float *target = p->result + (row + r) * p->result_row_stride + first_column + c;
          begin_rows(
              block, block_rows, block_columns, target, p->result_row_stride, k == 0);
          multiply_packed(
              depth, workspace->left + r * depth, workspace->right + c * depth, block, block_rows,
              block_columns);
          store_rows(
              block, block_rows, block_columns, target, p->result_row_stride, k == 0);
        }
      if (p->epilogue && k + PRODUCT_DEPTH >= p->inner)
        finish_rows(p, row, rows, first_column, columns);
    }
    k += PRODUCT_DEPTH;
  } while (k < p->inner);
}
