// The kernels of AVX512.c with the same bits on every processor and GPU: no fused multiply-add.
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF
#include "Kernels.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2"))), apply_to = function)
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define REPRODUCIBLE 1
#define KERNELS cmatrix_reproducible_avx512
#define KERNELS_NAME "avx512"
#include "AllKernels.h"
#pragma clang attribute pop
#endif
