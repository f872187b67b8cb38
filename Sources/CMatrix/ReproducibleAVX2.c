// The kernels of AVX2.c with the same bits on every processor and GPU: no fused multiply-add.
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF
#include "Kernels.h"
#pragma clang attribute push( \
    __attribute__((target("avx2"))), apply_to = function)
#define LANES 8
#define ROWS 4
#define VECTORS 2
#define REPRODUCIBLE 1
#define KERNELS cmatrix_reproducible_avx2
#define KERNELS_NAME "avx2"
#include "AllKernels.h"
#pragma clang attribute pop
#endif
