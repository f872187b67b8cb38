// Compiled once per instruction set (see AllKernels.h): vectors of LANES floats, the
// micro-kernel, and the packing of its operands.
//
// Left operand: panels of ROWS rows, stored [k][ROWS]. Right operand: for each inner index k, the
// place of COLUMNS = VECTORS * LANES values, of which each vector may lie somewhere else; a packed
// one is [k][COLUMNS]. The micro-kernel multiplies one panel of each into a ROWS x COLUMNS block
// that stays in registers.
#pragma once
#include "Kernels.h"

enum { COLUMNS = VECTORS * LANES };

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4)));
typedef float Four __attribute__((vector_size(16), aligned(4)));

/// block[r][c] = sum over k of a[k][r] * b[c / LANES][places[k] + c % LANES]. Where bits are the same
/// everywhere, a sum is one chain by rising k: it goes on from what the block holds.
INLINE void multiply_block(
    ptrdiff_t depth, const float *a, const float *const *b, const int *places, float *block,
    const int rows, const int vectors) {
  Vector sums[ROWS][VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      sums[r][v] = REPRODUCIBLE ? *(const Vector *)(block + r * COLUMNS + LANES * v) : (Vector){0};
#pragma clang loop unroll_count(2)
  for (ptrdiff_t k = 0; k < depth; k++) {
    Vector right[VECTORS];
    const ptrdiff_t place = places[k];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) right[v] = *(const Vector *)(b[v] + place);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[r][v] += a[k * ROWS + r] * right[v];
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) *(Vector *)(block + r * COLUMNS + LANES * v) = sums[r][v];
}

INLINE void multiply_rows(
    ptrdiff_t depth, const float *a, const float *const *b, const int *places, float *block,
    const int rows, int vectors) {
  switch (vectors) {
  case 1: multiply_block(depth, a, b, places, block, rows, 1); break;
#if VECTORS > 2
  case 2: multiply_block(depth, a, b, places, block, rows, 2); break;
#endif
  default: multiply_block(depth, a, b, places, block, rows, VECTORS); break;
  }
}

/// The product of one panel of each operand; at least `rows` rows and `vectors` vectors of it.
static void multiply_panels(
    ptrdiff_t depth, const float *a, const float *const *b, const int *places, float *block,
    ptrdiff_t rows, int vectors) {
  if (rows == 1) multiply_rows(depth, a, b, places, block, 1, vectors);
  else if (rows == 2) multiply_rows(depth, a, b, places, block, 2, vectors);
#if ROWS > 4
  else if (rows <= 4) multiply_rows(depth, a, b, places, block, 4, vectors);
#endif
  else multiply_rows(depth, a, b, places, block, ROWS, vectors);
}

static _Thread_local int *packed_places_memory;

/// k * COLUMNS for every k, the places of a packed right operand; filled on a thread's first use.
INLINE const int *packed_places(void) {
  int *places = packed_places_memory;
  if (places) return places;
  places = cmatrix_thread_memory(BLOCK_DEPTH * sizeof(int));
  for (int k = 0; k < BLOCK_DEPTH; k++) places[k] = k * COLUMNS;
  packed_places_memory = places;
  return places;
}

/// The product of packed panels.
INLINE void multiply_packed(
    ptrdiff_t depth, const float *a, const float *b, float *block, ptrdiff_t rows,
    ptrdiff_t columns) {
  const float *vectors[VECTORS];
  for (int v = 0; v < VECTORS; v++) vectors[v] = b + v * LANES;
  multiply_panels(
      depth, a, vectors, packed_places(), block, rows, (int)divided_up(columns, LANES));
}

/// Four rows of four values each become four columns.
INLINE void transpose_four(
    const float *source, ptrdiff_t stride, float *a, float *b, float *c, float *d) {
  const Four r0 = *(const Four *)source, r1 = *(const Four *)(source + stride);
  const Four r2 = *(const Four *)(source + 2 * stride), r3 = *(const Four *)(source + 3 * stride);
  const Four t0 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
  const Four t1 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
  const Four t2 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const Four t3 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  *(Four *)a = __builtin_shufflevector(t0, t1, 0, 1, 4, 5);
  *(Four *)b = __builtin_shufflevector(t0, t1, 2, 3, 6, 7);
  *(Four *)c = __builtin_shufflevector(t2, t3, 0, 1, 4, 5);
  *(Four *)d = __builtin_shufflevector(t2, t3, 2, 3, 6, 7);
}

/// packed[k][i] = source[i * stride + k * inner_stride] for i < count, 0 up to `width`.
INLINE void pack_panel(
    const float *source, ptrdiff_t stride, ptrdiff_t inner_stride, ptrdiff_t count,
    ptrdiff_t width, ptrdiff_t depth, float *packed) {
  if (stride == 1 && count == width) {
    for (ptrdiff_t k = 0; k < depth; k++)
      memcpy(packed + k * width, source + k * inner_stride, sizeof(float) * (size_t)width);
    return;
  }
  ptrdiff_t i = 0;
  if (inner_stride == 1)
    for (; i + 4 <= count; i += 4) {
      const float *rows = source + i * stride;
      float *target = packed + i;
      ptrdiff_t k = 0;
      for (; k + 4 <= depth; k += 4, target += 4 * width)
        transpose_four(
            rows + k, stride, target, target + width, target + 2 * width, target + 3 * width);
      for (; k < depth; k++, target += width)
        for (int r = 0; r < 4; r++) target[r] = rows[r * stride + k];
    }
  for (; i < width; i++)
    for (ptrdiff_t k = 0; k < depth; k++)
      packed[k * width + i] = i < count ? source[i * stride + k * inner_stride] : 0;
}

/// Where sums go on: what is there of a block's rows, or zeros before the first.
INLINE void begin_rows(
    float *block, ptrdiff_t rows, ptrdiff_t columns, const float *target, ptrdiff_t stride,
    bool first) {
  if (!REPRODUCIBLE) return;
  memset(block, 0, ROWS * COLUMNS * sizeof(float));
  if (first) return;
  for (ptrdiff_t r = 0; r < rows; r++)
    memcpy(block + r * COLUMNS, target + r * stride, (size_t)columns * sizeof(float));
}

/// Stores rows of a block, or adds them to what is there.
INLINE void store_rows(
    const float *block, ptrdiff_t rows, ptrdiff_t columns, float *target, ptrdiff_t stride,
    bool first) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    float *row = target + r * stride;
    const float *source = block + r * COLUMNS;
    if (first || REPRODUCIBLE)
      for (ptrdiff_t c = 0; c < columns; c++) row[c] = source[c];
    else
      for (ptrdiff_t c = 0; c < columns; c++) row[c] += source[c];
  }
}

static void sum_partials(
    const float *partials, ptrdiff_t partial_count, ptrdiff_t stride, float *result,
    ptrdiff_t first, ptrdiff_t last) {
  enum { STRIP = 1024 };
  for (ptrdiff_t start = first; start < last; start += STRIP) {
    const ptrdiff_t end = smaller(last, start + STRIP);
    for (ptrdiff_t i = start; i < end; i++) result[i] = partials[i];
    for (ptrdiff_t p = 1; p < partial_count; p++)
      for (ptrdiff_t i = start; i < end; i++) result[i] += partials[p * stride + i];
  }
}
