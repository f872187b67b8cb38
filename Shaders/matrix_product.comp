#version 450
// result[b, m, n] = sum over k of left[b, m, k] * right[b, k, n], with any strides, so that
// transposed and broadcast operands need no copies. left [batch, rows, depth], right [batch,
// depth, columns], result [batch, rows, columns] contiguous.
// A workgroup computes a tile of 4 ROWS_PER_INVOCATION x WORKGROUP_SIZE results of one b.

#extension GL_EXT_control_flow_attributes : require

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint ROWS_PER_INVOCATION = 8;
// Whether neighbours along the depth are neighbours in memory: decides which invocation loads what.
layout(constant_id = 2) const bool LEFT_ALONG_DEPTH = true;
layout(constant_id = 3) const bool RIGHT_ALONG_DEPTH = false;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Left { float values[]; } left_matrix;
layout(set = 0, binding = 1) readonly restrict buffer Right { float values[]; } right_matrix;
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint batch;
  uint rows;
  uint columns;
  uint depth;
  uint left_batch_stride;
  uint left_row_stride;
  uint left_depth_stride;
  uint right_batch_stride;
  uint right_depth_stride;
  uint right_column_stride;
} constants;

#include "indexing.glsl"
#include "product_tile.glsl"

uint first_row;
uint first_column;
uint left_start;
uint right_start;

void load_tiles(uint start) {
  for (uint i = gl_LocalInvocationID.x; i < TILE_DEPTH * TILE_ROWS; i += WORKGROUP_SIZE) {
    uint k = LEFT_ALONG_DEPTH ? i % TILE_DEPTH : i / TILE_ROWS;
    uint row = LEFT_ALONG_DEPTH ? i / TILE_DEPTH : i % TILE_ROWS;
    bool inside = start + k < constants.depth && first_row + row < constants.rows;
    uint index = left_start + (first_row + row) * constants.left_row_stride
      + (start + k) * constants.left_depth_stride;
    left_tile[k * LEFT_STRIDE + row] = inside ? left_matrix.values[index] : 0;
  }
  for (uint i = gl_LocalInvocationID.x; i < TILE_DEPTH * TILE_COLUMNS; i += WORKGROUP_SIZE) {
    uint k = RIGHT_ALONG_DEPTH ? i % TILE_DEPTH : i / TILE_COLUMNS;
    uint column = RIGHT_ALONG_DEPTH ? i / TILE_DEPTH : i % TILE_COLUMNS;
    bool inside = start + k < constants.depth && first_column + column < constants.columns;
    uint index = right_start + (first_column + column) * constants.right_column_stride
      + (start + k) * constants.right_depth_stride;
    right_tile[k * RIGHT_STRIDE + column] = inside ? right_matrix.values[index] : 0;
  }
}

void main() {
  uint row_tiles = (constants.rows + TILE_ROWS - 1) / TILE_ROWS;
  uint column_tiles = (constants.columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  uint tile = workgroup_index();
  uint b = tile / (row_tiles * column_tiles);
  tile -= b * row_tiles * column_tiles;
  first_row = tile % row_tiles * TILE_ROWS;
  first_column = tile / row_tiles * TILE_COLUMNS;
  // Workgroups past the end of a folded grid compute nothing, but pass every barrier.
  bool exists = b < constants.batch;
  left_start = b * constants.left_batch_stride;
  right_start = b * constants.right_batch_stride;
  multiply_tiles(0, exists ? constants.depth : 0);

  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++)
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
      uint row = first_row + tile_row(r), column = first_column + tile_column(c);
      if (exists && row < constants.rows && column < constants.columns)
        result.values[(b * constants.rows + row) * constants.columns + column]
          = sums[r * COLUMNS_PER_INVOCATION + c];
    }
}
