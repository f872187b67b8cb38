#include "Kernels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

_Thread_local Workspace *cmatrix_workspace_memory;

/// What a thread keeps, the newest first.
typedef struct Kept {
  _Alignas(64) struct Kept *next;
} Kept;

static pthread_key_t kept_by_thread;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

static void free_kept(void *first) {
  for (Kept *kept = first, *next; kept; kept = next) {
    next = kept->next;
    free(kept);
  }
}

static void make_kept(void) {
  // Without a key, memory is kept until the process ends.
  (void)pthread_key_create(&kept_by_thread, free_kept);
}

void *cmatrix_thread_memory(size_t byte_count) {
  pthread_once(&kept_once, make_kept);
  size_t whole = sizeof(Kept) + (byte_count + 63) / 64 * 64;
  Kept *kept = aligned_alloc(64, whole);
  if (!kept) {
    fprintf(stderr, "cmatrix: no memory for a thread's %zu bytes\n", whole);
    abort();
  }
  memset(kept, 0, whole);
  kept->next = pthread_getspecific(kept_by_thread);
  (void)pthread_setspecific(kept_by_thread, kept);
  return kept + 1;
}

/// Best first.
static const KernelPair all_kernels[] = {
#if defined(__x86_64__)
    {&cmatrix_avx512, &cmatrix_reproducible_avx512},
    {&cmatrix_avx2, &cmatrix_reproducible_avx2},
#endif
    {&cmatrix_baseline, &cmatrix_reproducible_baseline},
};
enum { KERNEL_COUNT = sizeof all_kernels / sizeof all_kernels[0] };

static bool is_available(const KernelPair *pair) {
#if defined(__x86_64__)
  if (pair->usual == &cmatrix_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma");
  if (pair->usual == &cmatrix_avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return pair->usual == &cmatrix_baseline;
}

static const KernelPair *named(const char *name) {
  for (int i = 0; i < KERNEL_COUNT; i++)
    if (strcmp(all_kernels[i].usual->name, name) == 0 && is_available(&all_kernels[i]))
      return &all_kernels[i];
  return NULL;
}

static const KernelPair *_Atomic usual;
_Thread_local KernelChoice cmatrix_choice;

static const KernelPair *kernel_pair(void) {
  if (cmatrix_choice.pair) return cmatrix_choice.pair;
  const KernelPair *known = atomic_load_explicit(&usual, memory_order_relaxed);
  if (known) return known;
  const char *wanted = getenv("VAMEN_CPU_ISA");
  if (wanted) known = named(wanted);
  for (int i = 0; !known; i++)
    if (is_available(&all_kernels[i])) known = &all_kernels[i];
  atomic_store_explicit(&usual, known, memory_order_relaxed);
  return known;
}

static const Kernels *kernels(void) {
  const KernelPair *pair = kernel_pair();
  return cmatrix_choice.is_reproducible ? pair->reproducible : pair->usual;
}

const char *cmatrix_instruction_set(void) { return kernels()->name; }

bool cmatrix_use_instruction_set(const char *name) {
  const KernelPair *found = name ? named(name) : NULL;
  if (name && !found) return false;
  cmatrix_choice.pair = found;
  return true;
}

bool cmatrix_is_reproducible(void) { return cmatrix_choice.is_reproducible; }

bool cmatrix_use_reproducible_kernels(bool uses) {
  const bool before = cmatrix_choice.is_reproducible;
  cmatrix_choice.is_reproducible = uses;
  return before;
}

ptrdiff_t cmatrix_product_tile_count(const CMatrixProduct *p) {
  return kernels()->product_tile_count(p);
}
void cmatrix_product_run_tile(const CMatrixProduct *p, ptrdiff_t tile) {
  kernels()->product_run_tile(p, tile);
}
ptrdiff_t cmatrix_convolution_packed_count(const CMatrixConvolution *p) {
  return kernels()->convolution_packed_count(p);
}
ptrdiff_t cmatrix_convolution_piece_count(const CMatrixConvolution *p) {
  return kernels()->convolution_piece_count(p);
}
void cmatrix_convolution_pack_piece(const CMatrixConvolution *p, ptrdiff_t piece) {
  kernels()->convolution_pack_piece(p, piece);
}
ptrdiff_t cmatrix_convolution_tile_count(const CMatrixConvolution *p) {
  return kernels()->convolution_tile_count(p);
}
void cmatrix_convolution_run_tile(const CMatrixConvolution *p, ptrdiff_t tile) {
  kernels()->convolution_run_tile(p, tile);
}
ptrdiff_t cmatrix_weight_gradient_chunk_count(const CMatrixWeightGradient *p) {
  return kernels()->weight_gradient_chunk_count(p);
}
ptrdiff_t cmatrix_weight_gradient_tile_count(const CMatrixWeightGradient *p) {
  return kernels()->weight_gradient_tile_count(p);
}
void cmatrix_weight_gradient_run_tile(const CMatrixWeightGradient *p, ptrdiff_t tile) {
  kernels()->weight_gradient_run_tile(p, tile);
}
void cmatrix_sum_partials(
    const float *partials, ptrdiff_t partial_count, ptrdiff_t stride, float *result,
    ptrdiff_t first, ptrdiff_t last) {
  kernels()->sum_partials(partials, partial_count, stride, result, first, last);
}
void cmatrix_elementwise(const CMatrixElementwise *e, float *result, ptrdiff_t count) {
  kernels()->elementwise(e, result, count);
}
void cmatrix_chain(
    const CMatrixChain *chain, int value, ptrdiff_t first, ptrdiff_t count, float *result) {
  kernels()->chain(chain, value, first, count, result);
}
void cmatrix_chain_sums(
    const CMatrixChain *chain, const int *values, int value_count, ptrdiff_t first,
    ptrdiff_t count, double *sums) {
  kernels()->chain_sums(chain, values, value_count, first, count, sums);
}
double cmatrix_sum(const float *x, ptrdiff_t count) { return kernels()->sum(x, count); }
double cmatrix_sum_of_squares(const float *x, float mean, ptrdiff_t count) {
  return kernels()->sum_of_squares(x, mean, count);
}
double cmatrix_sum_of_products(const float *x, float mean, const float *g, ptrdiff_t count) {
  return kernels()->sum_of_products(x, mean, g, count);
}
void cmatrix_row_statistics(const CMatrixRow *row, float epsilon, float *result) {
  kernels()->row_statistics(row, epsilon, result);
}
void cmatrix_normalize(
    const float *x, float mean, float scale, float weight, float bias, ptrdiff_t count,
    float *result) {
  kernels()->normalize(x, mean, scale, weight, bias, count, result);
}
void cmatrix_normalization_gradient(
    const float *x, const float *g, float mean, float slope, float offset, float pull,
    ptrdiff_t count, float *result) {
  kernels()->normalization_gradient(x, g, mean, slope, offset, pull, count, result);
}
void cmatrix_consistency_run_row(const CMatrixConsistency *p, ptrdiff_t row) {
  kernels()->consistency_run_row(p, row);
}
void cmatrix_consistency_run_block(const CMatrixConsistencyBlocks *p, ptrdiff_t block) {
  kernels()->consistency_run_block(p, block);
}
void cmatrix_project_magnitudes(const CMatrixMagnitudes *p, ptrdiff_t row) {
  kernels()->project_magnitudes(p, row);
}
