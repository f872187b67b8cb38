// The kernels as compiled for one instruction set, and what all instruction sets share.
#pragma once
#include "CMatrix.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef struct {
  const char *name;
  ptrdiff_t (*product_tile_count)(const CMatrixProduct *);
  void (*product_run_tile)(const CMatrixProduct *, ptrdiff_t);
  ptrdiff_t (*convolution_packed_count)(const CMatrixConvolution *);
  ptrdiff_t (*convolution_piece_count)(const CMatrixConvolution *);
  void (*convolution_pack_piece)(const CMatrixConvolution *, ptrdiff_t);
  ptrdiff_t (*convolution_tile_count)(const CMatrixConvolution *);
  void (*convolution_run_tile)(const CMatrixConvolution *, ptrdiff_t);
  ptrdiff_t (*weight_gradient_chunk_count)(const CMatrixWeightGradient *);
  ptrdiff_t (*weight_gradient_tile_count)(const CMatrixWeightGradient *);
  void (*weight_gradient_run_tile)(const CMatrixWeightGradient *, ptrdiff_t);
  void (*sum_partials)(const float *, ptrdiff_t, ptrdiff_t, float *, ptrdiff_t, ptrdiff_t);
  void (*elementwise)(const CMatrixElementwise *, float *, ptrdiff_t);
  void (*chain)(const CMatrixChain *, int, ptrdiff_t, ptrdiff_t, float *);
  void (*chain_sums)(
      const CMatrixChain *, const int *, int, ptrdiff_t, ptrdiff_t, double *);
  double (*sum)(const float *, ptrdiff_t);
  double (*sum_of_squares)(const float *, float, ptrdiff_t);
  double (*sum_of_products)(const float *, float, const float *, ptrdiff_t);
  void (*row_statistics)(const CMatrixRow *, float, float *);
  void (*normalize)(const float *, float, float, float, float, ptrdiff_t, float *);
  void (*normalization_gradient)(
      const float *, const float *, float, float, float, float, ptrdiff_t, float *);
  void (*consistency_run_row)(const CMatrixConsistency *, ptrdiff_t);
  void (*consistency_run_block)(const CMatrixConsistencyBlocks *, ptrdiff_t);
  void (*project_magnitudes)(const CMatrixMagnitudes *, ptrdiff_t);
} Kernels;

extern const Kernels cmatrix_baseline, cmatrix_reproducible_baseline;
#if defined(__x86_64__)
extern const Kernels cmatrix_avx2, cmatrix_reproducible_avx2;
extern const Kernels cmatrix_avx512, cmatrix_reproducible_avx512;
#endif

/// The kernels of one instruction set, and those with the same bits on every processor and GPU.
typedef struct {
  const Kernels *usual, *reproducible;
} KernelPair;

/// What a thread asked for; loops ask for it on the threads that help.
typedef struct {
  /// Null for the best that the processor has.
  const KernelPair *pair;
  bool is_reproducible;
} KernelChoice;

extern _Thread_local KernelChoice cmatrix_choice;

enum {
  // Floats of a packed block of the right operand: 640 KiB, to stay in a usual L2 cache.
  BLOCK_FLOATS = 160 * 1024,
  // Inner indices of a block.
  BLOCK_DEPTH = 512,
  // Columns of a block whose columns are packed one by one.
  BLOCK_COLUMNS = 256,
  // Tiles of a product that keep any usual number of threads busy.
  ENOUGH_TILES = 16,
  // Floats of a packed block of the left operand, where it is not packed beforehand.
  BLOCK_LEFT_FLOATS = 96 * BLOCK_DEPTH,
};

/// Zeroed memory that the running thread keeps until it ends: too large for the stacks of dispatch
/// threads, and, as thread-local variables, for those that a host makes small.
void *cmatrix_thread_memory(size_t byte_count);

/// Packed blocks of the running thread.
typedef struct {
  _Alignas(64) float left[BLOCK_LEFT_FLOATS];
  _Alignas(64) float right[BLOCK_FLOATS];
} Workspace;

extern _Thread_local Workspace *cmatrix_workspace_memory;

INLINE Workspace *cmatrix_workspace(void) {
  if (!cmatrix_workspace_memory)
    cmatrix_workspace_memory = cmatrix_thread_memory(sizeof(Workspace));
  return cmatrix_workspace_memory;
}

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
INLINE ptrdiff_t divided_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }
INLINE ptrdiff_t rounded_up(ptrdiff_t a, ptrdiff_t b) { return divided_up(a, b) * b; }

/// How the rows and columns of one product are cut into tiles.
typedef struct {
  ptrdiff_t tile_rows, tile_columns, row_tiles, column_tiles;
} Tiling;

/// Wide tiles pack least; narrower ones are made only while there are too few for the processors
/// of today and each is still worth a thread's while. Sides stay multiples of a panel's.
INLINE Tiling tiling_of(
    ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, ptrdiff_t panel_rows,
    ptrdiff_t panel_columns, ptrdiff_t enough) {
  enum { SMALLEST_SIDE = 64 };
  const double worth_splitting = 4e6;
  ptrdiff_t tile_rows = rows;
  ptrdiff_t tile_columns = smaller(columns, BLOCK_COLUMNS / panel_columns * panel_columns);
  for (;;) {
    const ptrdiff_t tiles = divided_up(rows, tile_rows) * divided_up(columns, tile_columns);
    const double arithmetic = 2.0 * (double)tile_rows * (double)tile_columns * (double)inner;
    if (tiles >= enough || arithmetic < worth_splitting) break;
    if (tile_rows >= tile_columns && tile_rows > SMALLEST_SIDE)
      tile_rows = rounded_up(divided_up(tile_rows, 2), panel_rows);
    else if (tile_columns > SMALLEST_SIDE)
      tile_columns = rounded_up(divided_up(tile_columns, 2), panel_columns);
    else break;
  }
  return (Tiling){
      tile_rows, tile_columns, divided_up(rows, tile_rows), divided_up(columns, tile_columns)};
}
