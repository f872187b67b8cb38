// Every kernel for one instruction set. The including file defines LANES (floats of a vector),
// ROWS and VECTORS (of a block in registers; ROWS a multiple of 4), KERNELS (the table's name) and REPRODUCIBLE:
// whether bits are the same everywhere, which takes sums in one order, without fused multiply-add.
#include "Chain.h"
#include "Consistency.h"
#include "ConsistencyBlock.h"
#include "DirectConvolution.h"
#include "GatheredConvolution.h"
#include "Magnitudes.h"
#include "Moments.h"
#include "Product.h"
#include "WeightGradient.h"

const Kernels KERNELS = {
    .name = KERNELS_NAME,
    .product_tile_count = product_tile_count,
    .product_run_tile = product_run_tile,
    .convolution_packed_count = convolution_packed_count,
    .convolution_piece_count = convolution_piece_count,
    .convolution_pack_piece = convolution_pack_piece,
    .convolution_tile_count = convolution_tile_count,
    .convolution_run_tile = convolution_run_tile,
    .weight_gradient_chunk_count = weight_gradient_chunk_count,
    .weight_gradient_tile_count = weight_gradient_tile_count,
    .weight_gradient_run_tile = weight_gradient_run_tile,
    .sum_partials = sum_partials,
    .elementwise = elementwise,
    .chain = run_whole_chain,
    .chain_sums = sum_chain,
    .sum = sum_of,
    .sum_of_squares = sum_of_squares,
    .sum_of_products = sum_of_products,
    .row_statistics = row_statistics,
    .normalize = normalize,
    .normalization_gradient = normalization_gradient,
    .consistency_run_row = consistency_run_row,
    .consistency_run_block = consistency_run_block,
    .project_magnitudes = project_magnitudes,
};
