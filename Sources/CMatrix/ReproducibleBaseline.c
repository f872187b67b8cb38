// The kernels of Baseline.c with the same bits on every processor and GPU.
#pragma STDC FP_CONTRACT OFF
#include "Kernels.h"
#define LANES 4
#if defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define VECTORS 2
#define REPRODUCIBLE 1
#define KERNELS cmatrix_reproducible_baseline
#define KERNELS_NAME "baseline"
#include "AllKernels.h"
