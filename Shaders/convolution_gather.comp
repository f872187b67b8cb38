#version 450
// result[n, o, y, x] = bias[o] + sum over c and taps of weight[o, c, tap] * source[n, c, ...]:
// convolution, and with TRANSPOSED its gradient by the input and transposed convolution.
// source [batch, groups * source_channels, height, width], weight [groups * result_channels,
// source_channels, kernel] or, transposed, [groups * source_channels, result_channels, kernel].
// An implicit matrix product: rows are result channels, columns positions, the depth (c, tap).
// A transposed result is computed by phases (coordinates modulo the stride), each a dense
// convolution by every TAP_STEP-th tap, so that no inserted zero is multiplied.

#extension GL_EXT_control_flow_attributes : require

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint ROWS_PER_INVOCATION = 8;
layout(constant_id = 2) const bool TRANSPOSED = false;
layout(constant_id = 3) const bool HAS_BIAS = false;
layout(constant_id = 4) const int KERNEL_HEIGHT = 4;
layout(constant_id = 5) const int KERNEL_WIDTH = 4;
layout(constant_id = 6) const int STRIDE_Y = 2;
layout(constant_id = 7) const int STRIDE_X = 2;
layout(constant_id = 8) const int DILATION_Y = 1;
layout(constant_id = 9) const int DILATION_X = 1;
// Distance between the taps of one phase: 1, or transposed stride / gcd(stride, dilation).
layout(constant_id = 10) const int TAP_STEP_Y = 1;
layout(constant_id = 11) const int TAP_STEP_X = 1;
// Rows that share a bias: those that axes of one position were merged into.
layout(constant_id = 12) const uint ROWS_PER_BIAS = 1;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
layout(set = 0, binding = 1) readonly restrict buffer Weight { float values[]; } weight;
// Any buffer without HAS_BIAS.
layout(set = 0, binding = 2) readonly restrict buffer Bias { float values[]; } bias;
layout(set = 0, binding = 3) writeonly restrict buffer Result { float values[]; } result;

layout(push_constant) uniform Constants {
  uint batch;
  uint groups;
  uint source_channels;
  uint result_channels;
  int source_height;
  int source_width;
  int result_height;
  int result_width;
  int padding_y;
  int padding_x;
} constants;

#include "indexing.glsl"
#include "product_tile.glsl"
#include "convolution_axis.glsl"

const int TAPS_Y = (KERNEL_HEIGHT + TAP_STEP_Y - 1) / TAP_STEP_Y;
const int TAPS_X = (KERNEL_WIDTH + TAP_STEP_X - 1) / TAP_STEP_X;
const uint TAPS = uint(TAPS_Y * TAPS_X);
const uint KERNEL_AREA = uint(KERNEL_HEIGHT * KERNEL_WIDTH);
const uint PHASES_X = TRANSPOSED ? uint(STRIDE_X) : 1;
const uint PHASES = PHASES_X * (TRANSPOSED ? uint(STRIDE_Y) : 1);

Axis axis_y;
Axis axis_x;
uint group;
uint first_row;
uint first_column;
uint depth;
// The position whose source values this invocation loads.
ivec2 load_origin;
uint load_start;
bool loads;

// Picture, y and x of a column; y and x count positions of this phase.
uvec3 position_of(uint column) {
  uint row = column / uint(axis_x.count);
  uint picture = row / uint(axis_y.count);
  return uvec3(
    picture, row - picture * uint(axis_y.count), column - row * uint(axis_x.count));
}

float weight_value(uint row, uint k) {
  uint channel = k / TAPS;
  int tap = int(k - channel * TAPS);
  int tap_y = axis_y.first_tap + tap / TAPS_X * TAP_STEP_Y;
  int tap_x = axis_x.first_tap + tap % TAPS_X * TAP_STEP_X;
  bool inside = row < constants.result_channels && k < depth && tap_y < KERNEL_HEIGHT
    && tap_x < KERNEL_WIDTH;
  uint plane = TRANSPOSED
    ? (group * constants.source_channels + channel) * constants.result_channels + row
    : (group * constants.result_channels + row) * constants.source_channels + channel;
  return inside ? weight.values[plane * KERNEL_AREA + uint(tap_y * KERNEL_WIDTH + tap_x)] : 0;
}

float source_value(uint k) {
  uint channel = k / TAPS;
  int tap = int(k - channel * TAPS);
  int y = load_origin.y + tap / TAPS_X * axis_y.source_tap_step;
  int x = load_origin.x + tap % TAPS_X * axis_x.source_tap_step;
  bool inside = loads && k < depth && y >= 0 && y < constants.source_height && x >= 0
    && x < constants.source_width;
  uint row = (load_start + channel) * uint(constants.source_height) + uint(y);
  return inside ? source.values[row * uint(constants.source_width) + uint(x)] : 0;
}

void load_tiles(uint start) {
  uint k = gl_LocalInvocationID.x % TILE_DEPTH;
  for (uint row = gl_LocalInvocationID.x / TILE_DEPTH; row < TILE_ROWS;
    row += WORKGROUP_SIZE / TILE_DEPTH)
    left_tile[k * LEFT_STRIDE + row] = weight_value(first_row + row, start + k);
  [[dont_unroll]] for (uint first = 0; first < TILE_DEPTH; first += 4)
    [[unroll]] for (uint i = 0; i < 4; i++)
      right_tile[(first + i) * RIGHT_STRIDE + gl_LocalInvocationID.x]
        = source_value(start + first + i);
}

// Finds what this workgroup computes; false past the end of a folded grid.
bool find_tile() {
  uint row_tiles = (constants.result_channels + TILE_ROWS - 1) / TILE_ROWS;
  // The first phase has the most positions.
  uint most = constants.batch * phase_size(constants.result_height, TRANSPOSED ? STRIDE_Y : 1)
    * phase_size(constants.result_width, TRANSPOSED ? STRIDE_X : 1);
  uint column_tiles = (most + TILE_COLUMNS - 1) / TILE_COLUMNS;

  uint tile = workgroup_index();
  first_row = tile % row_tiles * TILE_ROWS;
  tile /= row_tiles;
  first_column = tile % column_tiles * TILE_COLUMNS;
  tile /= column_tiles;
  int phase = int(tile % PHASES);
  group = tile / PHASES;
  axis_y = axis_of(TRANSPOSED, phase / int(PHASES_X), KERNEL_HEIGHT, STRIDE_Y, DILATION_Y,
    TAP_STEP_Y, constants.padding_y, constants.result_height);
  axis_x = axis_of(TRANSPOSED, phase % int(PHASES_X), KERNEL_WIDTH, STRIDE_X, DILATION_X,
    TAP_STEP_X, constants.padding_x, constants.result_width);
  return group < constants.groups && axis_y.count > 0 && axis_x.count > 0;
}

// Stores this invocation's results in one column.
void store(uint c, uint column) {
  uvec3 position = position_of(column);
  uint y = uint(axis_y.result_offset) + position.y * uint(axis_y.result_step);
  uint x = uint(axis_x.result_offset) + position.z * uint(axis_x.result_step);
  uint area = uint(constants.result_height * constants.result_width);
  uint first_channel = group * constants.result_channels;
  uint start = (position.x * constants.groups * constants.result_channels + first_channel) * area
    + y * uint(constants.result_width) + x;
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++) {
    uint row = first_row + tile_row(r);
    if (row < constants.result_channels) {
      float value = sums[r * COLUMNS_PER_INVOCATION + c];
      if (HAS_BIAS) value += bias.values[(first_channel + row) / ROWS_PER_BIAS];
      result.values[start + row * area] = value;
    }
  }
}

void main() {
  bool exists = find_tile();
  uint columns = exists ? constants.batch * uint(axis_y.count * axis_x.count) : 0;
  uint load_column = first_column + gl_LocalInvocationID.x;
  loads = load_column < columns;
  uvec3 position = loads ? position_of(load_column) : uvec3(0);
  load_origin = ivec2(
    axis_x.source_offset + int(position.z) * axis_x.source_step,
    axis_y.source_offset + int(position.y) * axis_y.source_step);
  load_start = (position.x * constants.groups + group) * constants.source_channels;
  depth = constants.source_channels * TAPS;
  multiply_tiles(0, exists ? depth : 0);

  [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++)
    if (first_column + tile_column(c) < columns) store(c, first_column + tile_column(c));
}
