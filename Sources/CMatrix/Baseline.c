// What every processor of the target has: 16 registers of 128 bits on x86-64, 32 on ARM64.
#include "Kernels.h"
#define LANES 4
#if defined(__aarch64__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define VECTORS 2
#define REPRODUCIBLE 0
#define KERNELS cmatrix_baseline
#define KERNELS_NAME "baseline"
#include "AllKernels.h"
