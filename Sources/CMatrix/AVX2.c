// 4 x 16 blocks: eight sums are as many as hide the latency of an addition. Larger ones leave the
// compiler too few of the 16 registers: 4 x 24 ran at half the speed.
#if defined(__x86_64__)
#include "Kernels.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROWS 4
#define VECTORS 2
#define REPRODUCIBLE 0
#define KERNELS cmatrix_avx2
#define KERNELS_NAME "avx2"
#include "AllKernels.h"
#pragma clang attribute pop
#endif
