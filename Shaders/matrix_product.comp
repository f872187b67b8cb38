#version 450
// result[b, m, n] = sum over k of left[b, m, k] * right[b, k, n], with any strides, so that
// transposed and broadcast operands need no copies. left [batch, rows, depth], right [batch,
// depth, columns], result [batch, rows, columns] contiguous.
// A workgroup computes a tile of one b. With EPILOGUE a chain of functions of the sum is stored,
// see chain.glsl.
//@variant epilogue EPILOGUE=1

#extension GL_EXT_control_flow_attributes : require

// Whether neighbours along the depth are neighbours in memory: decides which invocation loads what.
layout(constant_id = 30) const bool LEFT_ALONG_DEPTH = true;
layout(constant_id = 31) const bool RIGHT_ALONG_DEPTH = false;

layout(set = 0, binding = 0) readonly restrict buffer Left { float values[]; } left_matrix;
layout(set = 0, binding = 1) readonly restrict buffer Right { float values[]; } right_matrix;
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;
#ifdef EPILOGUE
#define CHAIN_ID 40
#define CHAIN_BINDING 2
#include "chain.glsl"
#endif

// The other stride of an operand within a matrix is 1: along the depth or across it.
layout(push_constant) uniform Constants {
  uint batch;
  uint rows;
  uint columns;
  uint depth;
  uint left_batch_stride;
  uint left_stride;
  uint right_batch_stride;
  uint right_stride;
  uint chunks;
  uint chunk_length;
} constants;

#define RIGHT_SPREADS false
#include "indexing.glsl"
#include "product_tile.glsl"
#ifdef EPILOGUE
#include "chain_functions.glsl"
#endif

uint entry;
uint chunk;
uint first_row;
uint first_column;
uint last_depth;
// Index of this invocation's first load in the first tile of either operand.
uint left_index;
uint right_index;

// Rows and columns beyond the last load the last: what they compute is not stored.
uint left_at(uint i, uint k) {
  uint row = first_row + left_place(i).y;
  if (!ALIGNED_ROWS) row = min(row, constants.rows - 1);
  uint start = entry * constants.left_batch_stride;
  return LEFT_ALONG_DEPTH
    ? start + row * constants.left_stride + k : start + k * constants.left_stride + row;
}

uint right_at(uint i, uint k) {
  uint column = first_column + right_place(i).y;
  if (!ALIGNED_COLUMNS) column = min(column, constants.columns - 1);
  uint start = entry * constants.right_batch_stride;
  return RIGHT_ALONG_DEPTH
    ? start + column * constants.right_stride + k : start + k * constants.right_stride + column;
}

float left_value(uint i, uint start) {
  uint k = start + left_place(i).x;
  bool exists = ALIGNED_DEPTH || k < last_depth;
  // An invocation's loads follow each other along rows, or along the depth: a stride apart.
  bool follows = ALIGNED_ROWS && (LEFT_ALONG_DEPTH || WORKGROUP_SIZE >= TILE_ROWS);
  uint index = follows && ALIGNED_DEPTH
    ? left_index + start * (LEFT_ALONG_DEPTH ? 1 : constants.left_stride)
      + i * constants.left_stride
    : left_at(i, exists ? k : 0);
  float value = left_matrix.values[index];
  return exists ? value : 0;
}

float right_value(uint i, uint start) {
  uint k = start + right_place(i).x;
  bool exists = ALIGNED_DEPTH || k < last_depth;
  bool follows = ALIGNED_COLUMNS && (RIGHT_ALONG_DEPTH || WORKGROUP_SIZE >= TILE_COLUMNS);
  uint index = follows && ALIGNED_DEPTH
    ? right_index + start * (RIGHT_ALONG_DEPTH ? 1 : constants.right_stride)
      + i * constants.right_stride
    : right_at(i, exists ? k : 0);
  float value = right_matrix.values[index];
  return exists ? value : 0;
}

// Finds what this workgroup computes; false past the end of a folded grid.
bool find_tile() {
  uint row_tiles = (constants.rows + TILE_ROWS - 1) / TILE_ROWS;
  uint column_tiles = (constants.columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  uint tile = workgroup_index();
  first_row = tile % row_tiles * TILE_ROWS;
  tile /= row_tiles;
  first_column = tile % column_tiles * TILE_COLUMNS;
  tile /= column_tiles;
  entry = tile % constants.batch;
  chunk = tile / constants.batch;
  left_index = left_at(0, left_place(0).x);
  right_index = right_at(0, right_place(0).x);
  return chunk < constants.chunks;
}

void store(uint row, uint column, float value) {
  uint start = (chunk * constants.batch + entry) * constants.rows;
  uint index = (start + row) * constants.columns + column;
#ifdef EPILOGUE
  value = epilogue(index, value);
#endif
  result.values[index] = value;
}

void main() {
  bool exists = find_tile();
  uint first = chunk * constants.chunk_length;
  last_depth = exists ? min(constants.depth, first + constants.chunk_length) : 0;
  multiply_tiles(first, last_depth);
  // Not `exists`: a flag that stays alive through the loop costs two instructions there.
  if (last_depth == 0) return;
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++)
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
      uint row = first_row + tile_row(r), column = first_column + tile_column(c);
      if ((ALIGNED_ROWS || row < constants.rows) && (ALIGNED_COLUMNS || column < constants.columns))
        store(row, column, sums[r * COLUMNS_PER_INVOCATION + c]);
    }
}
