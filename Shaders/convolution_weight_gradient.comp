#version 450
// partials[chunk, o, c, tap] = sum over the chunk's positions (n, y, x) of
//   gradient[n, o, y, x] * source[n, c, y * stride - padding + dilation * tap].
// gradient [batch, groups * result_channels, height, width], source [batch, groups *
// source_channels, ...], weights [groups * result_channels, source_channels, kernel].
// An implicit matrix product: rows are result channels, columns (c, tap), the depth positions. The
// depth is cut into chunks, so that few weights still fill the device; chunks are added in order
// by another kernel, so the result is the same every time.
// With HALVES, source and gradient may hold 16-bit elements, see halves.glsl.
//@variant halves HALVES=1

#extension GL_EXT_control_flow_attributes : require
#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
#ifdef HALVES
layout(set = 0, binding = 0) readonly restrict buffer SourceHalves { float16_t values[]; }
  source_halves;
#endif
layout(set = 0, binding = 1) readonly restrict buffer Gradient { float values[]; } gradient;
#ifdef HALVES
layout(set = 0, binding = 1) readonly restrict buffer GradientHalves { float16_t values[]; }
  gradient_halves;
#endif
layout(set = 0, binding = 2) writeonly restrict buffer Partials { float values[]; } partials;

// Whether all positions of a tile lie in one picture, or in one row of it.
layout(constant_id = 30) const bool ONE_PICTURE = false;
layout(constant_id = 31) const bool ONE_ROW = false;
// Whether all columns that an invocation loads have the same tap.
layout(constant_id = 32) const bool ONE_TAP = false;

const bool LEFT_ALONG_DEPTH = true;
const bool RIGHT_ALONG_DEPTH = true;
#define RIGHT_SPREADS ONE_TAP

#include "halves.glsl"
#include "indexing.glsl"
#include "convolution_sizes.glsl"
#include "product_tile.glsl"

const uint TAPS = uint(KERNEL_HEIGHT * KERNEL_WIDTH);

uint group;
uint chunk;
uint first_row;
uint first_column;
uint last_position;
// The row of this invocation's first load, and channel and tap of its first column.
uint load_row;
uint load_channel;
ivec2 load_tap;

uint columns() { return source_channels() * TAPS; }

// Picture, y and x of position k of the tile from `start`.
uvec3 position_of(uint start, uint k) {
  uint position = start + k;
  if (!ALIGNED_DEPTH) position = min(position, last_position - 1);
  uint area = result_area(), width = uint(result_width());
  uint picture = (ONE_PICTURE ? start : position) / area;
  uint y = ((ONE_ROW ? start : position) - picture * area) / width;
  return uvec3(picture, y, position - picture * area - y * width);
}

bool exists(uint position) { return ALIGNED_DEPTH || position < last_position; }

// Rows and columns beyond the last load the last: what they compute is not stored.
float left_value(uint i, uint start) {
  uint k = left_place(0).x;
  uvec3 at = position_of(start, k);
  uint row = ALIGNED_ROWS ? load_row + i : min(load_row + i, result_channels() - 1);
  uint channel = (at.x * groups() + group) * result_channels() + row;
  uint pixel = at.y * uint(result_width()) + at.z;
  float value = ELEMENT(1, gradient, gradient_halves, channel * result_area() + pixel);
  return exists(start + k) ? value : 0;
}

float right_value(uint i, uint start) {
  uint k = right_place(0).x;
  uvec3 at = position_of(start, k);
  uint channel = load_channel + i * (WORKGROUP_SIZE / TILE_DEPTH / TAPS);
  ivec2 tap = load_tap;
  if (!ONE_TAP) {
    uint column = first_column + right_place(i).y;
    if (!ALIGNED_COLUMNS) column = min(column, columns() - 1);
    channel = column / TAPS;
    int index = int(column - channel * TAPS);
    tap = ivec2(index % KERNEL_WIDTH * DILATION_X, index / KERNEL_WIDTH * DILATION_Y);
  } else if (!ALIGNED_COLUMNS) channel = min(channel, source_channels() - 1);
  int y = int(at.y) * STRIDE_Y - padding_y() + tap.y;
  int x = int(at.z) * STRIDE_X - padding_x() + tap.x;
  bool inside = inside_y(y) && inside_x(x);
  uint plane = (at.x * groups() + group) * source_channels() + channel;
  uint pixel = inside ? uint(y * source_width() + x) : 0;
  float value = ELEMENT(0, source, source_halves, plane * source_area() + pixel);
  return inside && exists(start + k) ? value : 0;
}

// Finds what this workgroup computes; false past the end of a folded grid.
bool find_tile() {
  uint row_tiles = (result_channels() + TILE_ROWS - 1) / TILE_ROWS;
  uint column_tiles = (columns() + TILE_COLUMNS - 1) / TILE_COLUMNS;
  uint tile = workgroup_index();
  first_row = tile % row_tiles * TILE_ROWS;
  tile /= row_tiles;
  first_column = tile % column_tiles * TILE_COLUMNS;
  tile /= column_tiles;
  group = tile % groups();
  chunk = tile / groups();
  load_row = first_row + left_place(0).y;
  uint column = first_column + right_place(0).y;
  load_channel = column / TAPS;
  int tap = int(column - load_channel * TAPS);
  load_tap = ivec2(tap % KERNEL_WIDTH * DILATION_X, tap / KERNEL_WIDTH * DILATION_Y);
  return chunk < constants.chunks;
}

void store(uint row, uint column, float value) {
  uint start = (chunk * groups() + group) * result_channels();
  partials.values[(start + row) * columns() + column] = value;
}

void main() {
  bool exists = find_tile();
  uint positions = constants.batch * result_area();
  uint first = chunk * constants.chunk_length;
  last_position = exists ? min(positions, first + constants.chunk_length) : 0;
  multiply_tiles(first, last_position);
  // Not `exists`: a flag that stays alive through the loop costs two instructions there.
  if (last_position == 0) return;
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++)
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
      uint row = first_row + tile_row(r), column = first_column + tile_column(c);
      if ((ALIGNED_ROWS || row < result_channels()) && (ALIGNED_COLUMNS || column < columns()))
        store(row, column, sums[r * COLUMNS_PER_INVOCATION + c]);
    }
}
