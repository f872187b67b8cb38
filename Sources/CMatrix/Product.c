#include "Panels.h"

/// Packs `columns` columns of `depth` values of a strided matrix into panels.
INLINE void pack_columns(
    const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t columns,
    ptrdiff_t depth, float *packed) {
  for (ptrdiff_t first = 0; first < columns; first += PANEL_COLUMNS) {
    const float *source = b + first * column_stride;
    ptrdiff_t count = smaller(PANEL_COLUMNS, columns - first);
    if (count == PANEL_COLUMNS && column_stride == 1) {
      for (ptrdiff_t k = 0; k < depth; k++)
        memcpy(packed + k * PANEL_COLUMNS, source + k * row_stride, PANEL_COLUMNS * sizeof(float));
    } else {
      for (ptrdiff_t c = 0; c < PANEL_COLUMNS; c++)
        for (ptrdiff_t k = 0; k < depth; k++)
          packed[k * PANEL_COLUMNS + c] =
              c < count ? source[k * row_stride + c * column_stride] : 0;
    }
    packed += PANEL_COLUMNS * depth;
  }
}

/// Adds a block to the result, or stores it when it is the first along the inner axis.
INLINE void store_block(
    const CMatrixProduct *p, const float *block, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column,
    ptrdiff_t columns, bool first) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *target = p->result + (row + r) * p->result_row_stride + column;
    const float *source = block + r * PANEL_COLUMNS;
    if (first)
      for (ptrdiff_t c = 0; c < columns; c++) target[c] = source[c];
    else
      for (ptrdiff_t c = 0; c < columns; c++) target[c] += source[c];
  }
}

INLINE void run_tile(const CMatrixProduct *p, ptrdiff_t tile, const int width) {
  const Tiling tiling = cmatrix_tiling(p->rows, p->columns, p->inner);
  const ptrdiff_t first_row = tile % tiling.row_tiles * tiling.tile_rows;
  const ptrdiff_t last_row = smaller(p->rows, first_row + tiling.tile_rows);
  const ptrdiff_t first_column = tile / tiling.row_tiles * tiling.tile_columns;
  const ptrdiff_t columns = smaller(p->columns - first_column, tiling.tile_columns);
  Workspace *workspace = &cmatrix_workspace;
  ptrdiff_t k = 0;
  do {
    const ptrdiff_t depth = smaller(BLOCK_DEPTH, p->inner - k);
    pack_columns(
        p->b + k * p->b_row_stride + first_column * p->b_column_stride, p->b_row_stride,
        p->b_column_stride, columns, depth, workspace->b);
    for (ptrdiff_t row = first_row; row < last_row; row += BLOCK_ROWS) {
      const ptrdiff_t rows = smaller(BLOCK_ROWS, last_row - row);
      pack_rows(
          p->a + row * p->a_row_stride + k * p->a_column_stride, p->a_row_stride,
          p->a_column_stride, rows, depth, workspace->a);
      for (ptrdiff_t c = 0; c < columns; c += PANEL_COLUMNS)
        for (ptrdiff_t r = 0; r < rows; r += PANEL_ROWS) {
          _Alignas(64) float block[PANEL_ROWS * PANEL_COLUMNS];
          const ptrdiff_t block_rows = smaller(PANEL_ROWS, rows - r);
          multiply_panels(
              depth, workspace->a + r * depth, workspace->b + c * depth, block, block_rows, width);
          store_block(
              p, block, row + r, block_rows, first_column + c, smaller(PANEL_COLUMNS, columns - c),
              k == 0);
        }
    }
    k += BLOCK_DEPTH;
  } while (k < p->inner);
}

ptrdiff_t cmatrix_product_tile_count(const CMatrixProduct *p) {
  const Tiling tiling = cmatrix_tiling(p->rows, p->columns, p->inner);
  return tiling.row_tiles * tiling.column_tiles;
}

DEFINE_DISPATCHED(cmatrix_product_run_tile, CMatrixProduct, run_tile)
