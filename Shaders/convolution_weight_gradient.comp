#version 450
// partials[chunk, o, c, tap] = sum over the chunk's positions (n, y, x) of
//   gradient[n, o, y, x] * source[n, c, y * stride - padding + dilation * tap].
// gradient [batch, groups * result_channels, height, width], source [batch, groups *
// source_channels, ...], weights [groups * result_channels, source_channels, kernel].
// An implicit matrix product: rows are result channels, columns (c, tap), the depth positions. The
// depth is cut into chunks, so that few weights still fill the device; chunks are added in order
// by another kernel, so the result is the same every time.

#extension GL_EXT_control_flow_attributes : require

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint ROWS_PER_INVOCATION = 8;
layout(constant_id = 2) const int KERNEL_HEIGHT = 4;
layout(constant_id = 3) const int KERNEL_WIDTH = 4;
layout(constant_id = 4) const int STRIDE_Y = 2;
layout(constant_id = 5) const int STRIDE_X = 2;
layout(constant_id = 6) const int DILATION_Y = 1;
layout(constant_id = 7) const int DILATION_X = 1;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) readonly restrict buffer Gradient { float values[]; } gradient;
layout(set = 0, binding = 2) writeonly restrict buffer Partials { float values[]; } partials;

layout(push_constant) uniform Constants {
  uint batch;
  uint groups;
  uint source_channels;
  uint result_channels;
  int source_height;
  int source_width;
  uint gradient_height;
  uint gradient_width;
  int padding_y;
  int padding_x;
  uint chunks;
  uint chunk_length;
} constants;

#include "indexing.glsl"
#include "product_tile.glsl"

const uint TAPS = uint(KERNEL_HEIGHT * KERNEL_WIDTH);

uint group;
uint first_row;
uint first_column;
uint last_position;

// The source value that a column (c, tap) multiplies with a gradient, given where tap 0 lies.
float source_value(uint plane, uint column, int origin_y, int origin_x) {
  uint channel = column / TAPS;
  int tap = int(column - channel * TAPS);
  int y = origin_y + tap / KERNEL_WIDTH * DILATION_Y;
  int x = origin_x + tap % KERNEL_WIDTH * DILATION_X;
  bool inside = channel < constants.source_channels && y >= 0 && y < constants.source_height
    && x >= 0 && x < constants.source_width;
  uint row = (plane + channel) * uint(constants.source_height) + uint(y);
  return inside ? source.values[row * uint(constants.source_width) + uint(x)] : 0;
}

// An invocation loads the same position for all of its rows and columns.
void load_tiles(uint start) {
  uint k = gl_LocalInvocationID.x % TILE_DEPTH;
  uint position = start + k;
  uint line = position / constants.gradient_width;
  uint picture = line / constants.gradient_height;
  uint x = position - line * constants.gradient_width;
  uint y = line - picture * constants.gradient_height;
  bool exists = position < last_position;
  uint area = constants.gradient_height * constants.gradient_width;

  uint plane = (picture * constants.groups + group) * constants.result_channels;
  uint start_row = gl_LocalInvocationID.x / TILE_DEPTH;
  for (uint row = start_row; row < TILE_ROWS; row += WORKGROUP_SIZE / TILE_DEPTH) {
    bool inside = exists && first_row + row < constants.result_channels;
    uint index = (plane + first_row + row) * area + y * constants.gradient_width + x;
    left_tile[k * LEFT_STRIDE + row] = inside ? gradient.values[index] : 0;
  }

  plane = (picture * constants.groups + group) * constants.source_channels;
  int origin_y = int(y) * STRIDE_Y - constants.padding_y;
  int origin_x = int(x) * STRIDE_X - constants.padding_x;
  uint step = WORKGROUP_SIZE / TILE_DEPTH;
  [[dont_unroll]] for (uint c = start_row; c < TILE_COLUMNS; c += 4 * step)
    [[unroll]] for (uint i = 0; i < 4; i++)
      right_tile[k * RIGHT_STRIDE + c + i * step]
        = exists ? source_value(plane, first_column + c + i * step, origin_y, origin_x) : 0;
}

void main() {
  uint columns = constants.source_channels * TAPS;
  uint row_tiles = (constants.result_channels + TILE_ROWS - 1) / TILE_ROWS;
  uint column_tiles = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  uint tile = workgroup_index();
  first_row = tile % row_tiles * TILE_ROWS;
  tile /= row_tiles;
  first_column = tile % column_tiles * TILE_COLUMNS;
  tile /= column_tiles;
  group = tile % constants.groups;
  uint chunk = tile / constants.groups;
  // Workgroups past the end of a folded grid compute nothing, but pass every barrier.
  bool exists = chunk < constants.chunks;
  uint positions = constants.batch * constants.gradient_height * constants.gradient_width;
  uint first_position = chunk * constants.chunk_length;
  last_position = exists ? min(positions, first_position + constants.chunk_length) : 0;
  multiply_tiles(first_position, last_position);

  uint start = (chunk * constants.groups + group) * constants.result_channels;
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++)
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
      uint row = first_row + tile_row(r), column = first_column + tile_column(c);
      if (exists && row < constants.result_channels && column < columns)
        partials.values[(start + row) * columns + column] = sums[r * COLUMNS_PER_INVOCATION + c];
    }
}
