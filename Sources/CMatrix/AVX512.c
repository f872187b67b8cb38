// 8 x 32 blocks: 16 of the 32 registers hold sums, and the channel counts of usual networks are
// multiples of 8.
#if defined(__x86_64__)
#include "Kernels.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define REPRODUCIBLE 0
#define KERNELS cmatrix_avx512
#define KERNELS_NAME "avx512"
#include "AllKernels.h"
#pragma clang attribute pop
#endif
