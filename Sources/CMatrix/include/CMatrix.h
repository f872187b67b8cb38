/// Single-precision matrix products and convolutions for the CPU.
///
/// Every product is cut into tiles that depend on its shape alone: ask for the count, run the
/// tiles in any order on any number of threads, and the bits are the same. Tiles of one product
/// write disjoint memory. Nothing is allocated; results never alias operands.
#pragma once
#include "CMatrixSpectra.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// A function of one element, the gradient of one (its derivative at a, times b), or a function of
/// two elements.
typedef enum {
  /// p * a + q.
  CMatrixAffine,
  CMatrixExponential,
  CMatrixLogarithm,
  CMatrixSquare,
  /// a where positive or NaN, else p * a, 0 if p is.
  CMatrixLeakyReLU,
  CMatrixSigmoid,
  CMatrixSiLU,
  CMatrixTangent,
  CMatrixSquareRoot,
  CMatrixReciprocal,
  /// a within [p, q]; NaN stays.
  CMatrixClamp,
  CMatrixAffineGradient,
  CMatrixExponentialGradient,
  CMatrixLogarithmGradient,
  CMatrixSquareGradient,
  CMatrixLeakyReLUGradient,
  CMatrixSigmoidGradient,
  CMatrixSiLUGradient,
  CMatrixTangentGradient,
  CMatrixSquareRootGradient,
  CMatrixReciprocalGradient,
  CMatrixClampGradient,
  CMatrixAdd,
  CMatrixSubtract,
  CMatrixMultiply,
  CMatrixDivide,
  /// p, whatever a and b are.
  CMatrixNumber,
} CMatrixFunction;

/// A value of a chain from memory: source[(position / inner mod size) * stride + offset], or
/// source[position] if `inner` is 0.
typedef struct {
  const float *_Nonnull source;
  ptrdiff_t inner, size, stride, offset;
} CMatrixChainLoad;

/// A value of a chain from values before it, numbered loads first.
typedef struct {
  CMatrixFunction function;
  float parameters[2];
  int first, second;
} CMatrixChainInstruction;

enum { CMatrixChainLoads = 8, CMatrixChainInstructions = 16 };

/// A straight-line program for one element.
typedef struct {
  int load_count, instruction_count;
  CMatrixChainLoad loads[CMatrixChainLoads];
  CMatrixChainInstruction instructions[CMatrixChainInstructions];
} CMatrixChain;

/// What a product stores in place of its sums: a value of a chain at each result's position. Load 0
/// of the chain is the sum, read at its place in `result`, the first result of all.
typedef struct {
  CMatrixChain chain;
  int value;
  const float *_Nonnull result;
} CMatrixEpilogue;

/// result[m, n] = sum over k of a[m, k] * b[k, n].
///
/// Strides are in elements, so a transposed operand is one with its strides exchanged.
typedef struct {
  ptrdiff_t rows, columns, inner;
  const float *_Nonnull a;
  ptrdiff_t a_row_stride, a_column_stride;
  const float *_Nonnull b;
  ptrdiff_t b_row_stride, b_column_stride;
  float *_Nonnull result;
  ptrdiff_t result_row_stride;
  /// Applied to each tile, or null.
  const CMatrixEpilogue *_Nullable epilogue;
} CMatrixProduct;

ptrdiff_t cmatrix_product_tile_count(const CMatrixProduct *_Nonnull product);
void cmatrix_product_run_tile(const CMatrixProduct *_Nonnull product, ptrdiff_t tile);

/// One spatial axis of a convolution, in the affine form that serves convolutions, transposed
/// convolutions (one axis per output phase) and weight gradients:
///
///     source coordinate = source_step * index + source_offset + source_tap_step * tap
///     result coordinate = result_offset + result_step * index
///     weight coordinate = weight_offset + weight_tap_step * tap
///
/// for index in 0..<count and tap in 0..<taps. The source is zero outside 0..<source_size.
typedef struct {
  ptrdiff_t count, taps;
  ptrdiff_t source_size, source_step, source_offset, source_tap_step;
  ptrdiff_t result_size, result_step, result_offset;
  ptrdiff_t weight_size, weight_offset, weight_tap_step;
} CMatrixAxis;

/// result[n, o, y, x] = bias[o] + sum over c, taps of weight[o, c, taps] * source[n, c, ...].
///
/// `source` is [batch, groups * source_channels, y, x], `result` is [batch, groups *
/// result_channels, y, x]; channel counts are those of one group. Weights of group g start at
/// g * weight_group_stride; their last two axes are contiguous. `y` and `x` are the phases of each
/// axis: together they write every result, the first of each has the most indices.
typedef struct {
  ptrdiff_t batch, groups, source_channels, result_channels;
  ptrdiff_t y_phases, x_phases;
  const CMatrixAxis *_Nonnull y;
  const CMatrixAxis *_Nonnull x;
  const float *_Nonnull source;
  const float *_Nonnull weight;
  ptrdiff_t weight_group_stride, weight_result_stride, weight_source_stride;
  /// One value per result channel of all groups, or null.
  const float *_Nullable bias;
  float *_Nonnull result;
  /// Memory for the weights in the order in which tiles read them, aligned to 64 bytes.
  float *_Nonnull packed;
  /// Applied to each tile, or null.
  const CMatrixEpilogue *_Nullable epilogue;
} CMatrixConvolution;

/// Floats that `packed` must hold.
ptrdiff_t cmatrix_convolution_packed_count(const CMatrixConvolution *_Nonnull convolution);
/// Pieces in which the weights are packed, before any tile runs.
ptrdiff_t cmatrix_convolution_piece_count(const CMatrixConvolution *_Nonnull convolution);
void cmatrix_convolution_pack_piece(
    const CMatrixConvolution *_Nonnull convolution, ptrdiff_t piece);
ptrdiff_t cmatrix_convolution_tile_count(const CMatrixConvolution *_Nonnull convolution);
void cmatrix_convolution_run_tile(
    const CMatrixConvolution *_Nonnull convolution, ptrdiff_t tile);

/// weight_gradient[o, c, taps] = sum over n, y, x of
///     result_gradient[n, o, y, x] * source[n, c, ...].
///
/// The sum over n, y, x is cut into `chunk_count` chunks; chunk i fills the i-th copy of the
/// weights in `partials` and `cmatrix_sum_partials` adds them in order. With one chunk,
/// `partials` may be the result itself. Weights are [groups * result_channels, source_channels,
/// y taps, x taps], contiguous; the axes must use every tap (weight offset 0, step 1) and every
/// result coordinate (result offset 0, step 1).
typedef struct {
  ptrdiff_t batch, groups, source_channels, result_channels;
  CMatrixAxis y, x;
  const float *_Nonnull source;
  const float *_Nonnull result_gradient;
  float *_Nonnull partials;
} CMatrixWeightGradient;

ptrdiff_t cmatrix_weight_gradient_chunk_count(const CMatrixWeightGradient *_Nonnull gradient);
ptrdiff_t cmatrix_weight_gradient_tile_count(const CMatrixWeightGradient *_Nonnull gradient);
void cmatrix_weight_gradient_run_tile(
    const CMatrixWeightGradient *_Nonnull gradient, ptrdiff_t tile);

/// result[i] = partials[i] + partials[stride + i] + ... in this order, for i in first..<last.
void cmatrix_sum_partials(
    const float *_Nonnull partials, ptrdiff_t partial_count, ptrdiff_t stride,
    float *_Nonnull result, ptrdiff_t first, ptrdiff_t last);

/// result[i] = function(a[i], b[i]); a uniform operand is one number for all i. Functions of one
/// element read `b` too: pass `a`.
typedef struct {
  CMatrixFunction function;
  float parameters[2];
  const float *_Nonnull a;
  bool a_is_uniform;
  const float *_Nonnull b;
  bool b_is_uniform;
} CMatrixElementwise;

/// The result may be an operand.
void cmatrix_elementwise(
    const CMatrixElementwise *_Nonnull elementwise, float *_Nonnull result, ptrdiff_t count);

/// result[i] = the chain's value number `value` at position first + i.
void cmatrix_chain(
    const CMatrixChain *_Nonnull chain, int value, ptrdiff_t first, ptrdiff_t count,
    float *_Nonnull result);
/// The sum of a chain's value over positions first..<first + count, for each of one or two values.
void cmatrix_chain_sums(
    const CMatrixChain *_Nonnull chain, const int *_Nonnull values, int value_count,
    ptrdiff_t first, ptrdiff_t count, double *_Nonnull sums);

/// Sum of x[i]: single precision over short blocks, double precision over their sums.
double cmatrix_sum(const float *_Nonnull x, ptrdiff_t count);
/// Sum of (x[i] - mean)^2.
double cmatrix_sum_of_squares(const float *_Nonnull x, float mean, ptrdiff_t count);
/// Sum of (x[i] - mean) * g[i].
double cmatrix_sum_of_products(
    const float *_Nonnull x, float mean, const float *_Nonnull g, ptrdiff_t count);
/// A row of elements: segments of equal length, each `segment_stride` elements behind the one before.
typedef struct {
  const float *_Nonnull start;
  ptrdiff_t segment_length, segment_count, segment_stride;
} CMatrixRow;

/// Mean and 1 / sqrt(variance + epsilon) of a row, merged in the order of the shaders
/// normalization_statistics and merge_statistics.
void cmatrix_row_statistics(
    const CMatrixRow *_Nonnull row, float epsilon, float *_Nonnull result);
/// result[i] = (x[i] - mean) * scale * weight + bias.
void cmatrix_normalize(
    const float *_Nonnull x, float mean, float scale, float weight, float bias, ptrdiff_t count,
    float *_Nonnull result);
/// result[i] = g[i] * slope - offset - (x[i] - mean) * pull.
void cmatrix_normalization_gradient(
    const float *_Nonnull x, const float *_Nonnull g, float mean, float slope, float offset,
    float pull, ptrdiff_t count, float *_Nonnull result);

/// y[i] = the IEEE 754 half next to x[i], of two equally near ones the even one; infinite from 65520
/// on, NaN for NaN.
void cmatrix_narrow(const float *_Nonnull x, ptrdiff_t count, uint16_t *_Nonnull y);
/// y[i] = x[i], exactly.
void cmatrix_widen(const uint16_t *_Nonnull x, ptrdiff_t count, float *_Nonnull y);

/// Which of the compiled kernels run on the calling thread: `avx512`, `avx2` or `baseline`. The
/// best that the processor has, unless the environment variable VAMEN_CPU_ISA names a lesser one
/// when it is first asked for.
const char *_Nonnull cmatrix_instruction_set(void);

/// Chooses kernels by name for the calling thread and its loops, so that tests can compare them; null
/// returns to the usual ones. False, and no change, if the processor lacks them.
bool cmatrix_use_instruction_set(const char *_Nullable name);

/// Chooses kernels for the calling thread and its loops that give the same bits on every processor, and on
/// every GPU whose kernels are made for it; what was chosen before. Products and convolutions, chains,
/// statistics of rows and projections of spectra are; sums and gradients are not.
bool cmatrix_use_reproducible_kernels(bool uses);
/// Whether the calling thread chose those.
bool cmatrix_is_reproducible(void);

/// Threads that help the caller with loops, with the caller's choice of kernels.
typedef struct CMatrixThreads CMatrixThreads;

/// Starts helpers, or fewer if the system grants no more; null for want of memory.
CMatrixThreads *_Nullable cmatrix_threads_create(int helper_count);
/// Ends the helpers. Not while a loop runs.
void cmatrix_threads_destroy(CMatrixThreads *_Nonnull threads);
/// Calls body(context, i) for i in 0..<count, on the calling thread and the helpers, and returns
/// when all calls have. While another thread's loop runs, the caller does all of it alone.
void cmatrix_threads_run(
    CMatrixThreads *_Nonnull threads, ptrdiff_t count,
    void (*_Nonnull body)(void *_Nullable context, ptrdiff_t index), void *_Nullable context);

#if defined(__cplusplus)
}
#endif
