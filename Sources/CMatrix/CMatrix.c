#include "Panels.h"

_Thread_local Workspace cmatrix_workspace;

bool cmatrix_uses_avx2(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

/// Wide tiles pack least; narrower ones are made only while there are too few for the processors
/// of today and each is still worth a thread's while.
Tiling cmatrix_tiling(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner) {
  enum { ENOUGH_TILES = 16, SMALLEST_SIDE = 96 };
  const double worth_splitting = 16e6;
  ptrdiff_t tile_rows = rows, tile_columns = smaller(columns, BLOCK_COLUMNS);
  for (;;) {
    ptrdiff_t tiles = divided_up(rows, tile_rows) * divided_up(columns, tile_columns);
    double arithmetic = 2.0 * (double)tile_rows * (double)tile_columns * (double)inner;
    if (tiles >= ENOUGH_TILES || arithmetic < worth_splitting) break;
    if (tile_rows >= tile_columns && tile_rows > SMALLEST_SIDE)
      tile_rows = divided_up(divided_up(tile_rows, 2), PANEL_ROWS) * PANEL_ROWS;
    else if (tile_columns > SMALLEST_SIDE)
      tile_columns = divided_up(divided_up(tile_columns, 2), PANEL_COLUMNS) * PANEL_COLUMNS;
    else break;
  }
  return (Tiling){
      tile_rows, tile_columns, divided_up(rows, tile_rows), divided_up(columns, tile_columns)};
}

void cmatrix_sum_partials(
    const float *partials, ptrdiff_t partial_count, ptrdiff_t stride, float *result,
    ptrdiff_t first, ptrdiff_t last) {
  enum { STRIP = 1024 };
  for (ptrdiff_t start = first; start < last; start += STRIP) {
    ptrdiff_t end = smaller(last, start + STRIP);
    for (ptrdiff_t i = start; i < end; i++) result[i] = partials[i];
    for (ptrdiff_t p = 1; p < partial_count; p++)
      for (ptrdiff_t i = start; i < end; i++) result[i] += partials[p * stride + i];
  }
}
