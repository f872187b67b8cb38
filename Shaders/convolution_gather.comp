#version 450
// result[n, o, y, x] = bias[o] + sum over c and taps of weight[o, c, tap] * source[n, c, ...]:
// convolution, and with TRANSPOSED its gradient by the input and transposed convolution.
// source [batch, groups * source_channels, height, width], weight [groups * result_channels,
// source_channels, kernel] or, transposed, [groups * source_channels, result_channels, kernel].
// An implicit matrix product: rows are result channels, columns positions, the depth (c, tap).
// A transposed result is computed by phases (coordinates modulo the stride), each a dense
// convolution by every TAP_STEP-th tap, so that no inserted zero is multiplied.
// With EPILOGUE a chain of functions of the sum is stored, see chain.glsl; it adds the bias too.
// With HALVES, all but the weight may hold 16-bit elements, see halves.glsl.
//@variant epilogue EPILOGUE=1
//@variant halves HALVES=1
//@variant epilogue_halves EPILOGUE=1 HALVES=1

#extension GL_EXT_control_flow_attributes : require
#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 30) const bool TRANSPOSED = false;
// Distance between the taps of one phase: 1, or transposed stride / gcd(stride, dilation).
layout(constant_id = 33) const int TAP_STEP_Y = 1;
layout(constant_id = 34) const int TAP_STEP_X = 1;
// Whether phases have different numbers of taps.
layout(constant_id = 35) const bool UNEVEN = false;
// Whether a tile holds whole channels: then the taps of an invocation's loads never change.
layout(constant_id = 36) const bool WHOLE_CHANNELS = false;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
#ifdef HALVES
layout(set = 0, binding = 0) readonly restrict buffer SourceHalves { float16_t values[]; }
  source_halves;
#endif
layout(set = 0, binding = 1) readonly restrict buffer Weight { float values[]; } weight;
// [chunks, batch, groups * result_channels, height, width]: of several chunks, partial sums.
layout(set = 0, binding = 2) writeonly restrict buffer Result { float values[]; } result;
#ifdef HALVES
layout(set = 0, binding = 2) writeonly restrict buffer ResultHalves { float16_t values[]; }
  result_halves;
#endif
#ifdef EPILOGUE
#define CHAIN_ID 40
#define CHAIN_BINDING 2
#include "chain.glsl"
#else
#include "halves.glsl"
layout(constant_id = 31) const bool HAS_BIAS = false;
// Rows that share a bias: those that the elements of a spanned axis were merged into.
layout(constant_id = 32) const uint ROWS_PER_BIAS = 1;
// Any buffer without HAS_BIAS.
layout(set = 0, binding = 3) readonly restrict buffer Bias { float values[]; } bias;
#endif

const bool LEFT_ALONG_DEPTH = true;
const bool RIGHT_ALONG_DEPTH = false;
#define RIGHT_SPREADS false

#include "indexing.glsl"
#include "convolution_sizes.glsl"
#include "product_tile.glsl"
#include "convolution_axis.glsl"
#ifdef EPILOGUE
#include "chain_functions.glsl"
#endif

const int TAPS_Y = (KERNEL_HEIGHT + TAP_STEP_Y - 1) / TAP_STEP_Y;
const int TAPS_X = (KERNEL_WIDTH + TAP_STEP_X - 1) / TAP_STEP_X;
const uint KERNEL_AREA = uint(KERNEL_HEIGHT * KERNEL_WIDTH);
const uint PHASES_X = TRANSPOSED ? uint(STRIDE_X) : 1;
const uint PHASES = PHASES_X * (TRANSPOSED ? uint(STRIDE_Y) : 1);
// Columns that an invocation loads from.
const uint LOAD_COLUMNS = TILE_COLUMNS > WORKGROUP_SIZE ? TILE_COLUMNS / WORKGROUP_SIZE : 1;

Axis axis_y;
Axis axis_x;
uint group;
uint chunk;
uint first_row;
uint first_column;
uint columns;
uint depth;
// Where this invocation's columns lie: source coordinates of tap 0, and the first channel.
ivec2 load_origin[LOAD_COLUMNS];
uint load_channel[LOAD_COLUMNS];
// With WHOLE_CHANNELS, each load's index in the first tile, and whether it is inside the source.
uint weight_index;
uint source_index[RIGHT_LOADS];
bool source_inside[RIGHT_LOADS];

int taps_y() { return UNEVEN ? axis_y.taps : TAPS_Y; }
int taps_x() { return UNEVEN ? axis_x.taps : TAPS_X; }
uint taps() { return uint(taps_y() * taps_x()); }

// Picture, y and x of a column; y and x count positions of this phase.
uvec3 position_of(uint column) {
  uint row = column / uint(axis_x.count);
  uint picture = row / uint(axis_y.count);
  return uvec3(
    picture, row - picture * uint(axis_y.count), column - row * uint(axis_x.count));
}

// Distance in weights between rows, and between channels.
uint row_stride() { return TRANSPOSED ? KERNEL_AREA : source_channels() * KERNEL_AREA; }
uint channel_stride() { return TRANSPOSED ? result_channels() * KERNEL_AREA : KERNEL_AREA; }

// Index of the weight of a row at inner index k.
uint weight_at(uint row, uint k) {
  uint channel = k / taps();
  int tap = int(k - channel * taps());
  int tap_y = axis_y.first_tap + tap / taps_x() * TAP_STEP_Y;
  int tap_x = axis_x.first_tap + tap % taps_x() * TAP_STEP_X;
  uint start = group * source_channels() * result_channels() * KERNEL_AREA;
  return start + row * row_stride() + channel * channel_stride()
    + uint(tap_y * KERNEL_WIDTH + tap_x);
}

// Rows beyond the last one load the last one: what they compute is not stored.
uint load_row(uint i) {
  uint row = first_row + left_place(i).y;
  return ALIGNED_ROWS ? row : min(row, result_channels() - 1);
}

// What the first channel of the tile that starts at an inner index adds to an address, by the
// distance of channels. A tile holds whole channels then, so that most need no division.
uint channel_offset(uint start, uint distance) {
  return SPECIALIZED && distance % taps() == 0
    ? start * (distance / taps()) : start / taps() * distance;
}

float left_value(uint i, uint start) {
  uint k = start + left_place(i).x;
  bool exists = ALIGNED_DEPTH || k < depth;
  uint index = ALIGNED_ROWS
    ? (WHOLE_CHANNELS ? weight_index + channel_offset(start, channel_stride())
      : weight_at(load_row(0), exists ? k : 0)) + i * row_stride()
    : weight_at(load_row(i), exists ? k : 0);
  float value = weight.values[exists ? index : 0];
  return exists ? value : 0;
}

// Index and existence of the source value of load i at inner index k.
uint source_at(uint i, uint k, out bool inside) {
  uint channel = k / taps();
  int tap = int(k - channel * taps());
  ivec2 origin = load_origin[i % LOAD_COLUMNS];
  int y = origin.y + tap / taps_x() * axis_y.source_tap_step;
  int x = origin.x + tap % taps_x() * axis_x.source_tap_step;
  inside = inside_y(y) && inside_x(x);
  uint pixel = inside ? uint(y * source_width() + x) : 0;
  return (load_channel[i % LOAD_COLUMNS] + channel) * source_area() + pixel;
}

float right_value(uint i, uint start) {
  uint k = start + right_place(i).x;
  bool exists = ALIGNED_DEPTH || k < depth;
  bool inside = source_inside[i];
  uint index = WHOLE_CHANNELS ? source_index[i] + channel_offset(start, source_area())
    : source_at(i, exists ? k : 0, inside);
  float value = ELEMENT(0, source, source_halves, exists ? index : 0);
  return exists && inside ? value : 0;
}

// Finds what this workgroup computes; false, and no columns, past the end of a folded grid or of a
// small phase.
bool find_tile() {
  uint row_tiles = (result_channels() + TILE_ROWS - 1) / TILE_ROWS;
  // The first phase has the most positions.
  uint most = constants.batch * phase_size(result_height(), TRANSPOSED ? STRIDE_Y : 1)
    * phase_size(result_width(), TRANSPOSED ? STRIDE_X : 1);
  uint column_tiles = (most + TILE_COLUMNS - 1) / TILE_COLUMNS;

  uint tile = workgroup_index();
  first_row = tile % row_tiles * TILE_ROWS;
  tile /= row_tiles;
  first_column = tile % column_tiles * TILE_COLUMNS;
  tile /= column_tiles;
  int phase = int(tile % PHASES);
  tile /= PHASES;
  group = tile % groups();
  chunk = tile / groups();
  axis_y = axis_of(TRANSPOSED, phase / int(PHASES_X), KERNEL_HEIGHT, STRIDE_Y, DILATION_Y,
    TAP_STEP_Y, padding_y(), result_height());
  axis_x = axis_of(TRANSPOSED, phase % int(PHASES_X), KERNEL_WIDTH, STRIDE_X, DILATION_X,
    TAP_STEP_X, padding_x(), result_width());
  columns = constants.batch * uint(axis_y.count * axis_x.count);
  depth = source_channels() * taps();
  bool exists = chunk < constants.chunks && first_column < columns;
  if (!exists) columns = 0;
  return exists;
}

// What stays the same from tile to tile.
void prepare_loads() {
  [[unroll]] for (uint i = 0; i < LOAD_COLUMNS; i++) {
    uint column = first_column + right_place(i).y;
    uvec3 position = position_of(ALIGNED_COLUMNS ? column : min(column, columns - 1));
    load_origin[i] = ivec2(
      axis_x.source_offset + int(position.z) * axis_x.source_step,
      axis_y.source_offset + int(position.y) * axis_y.source_step);
    load_channel[i] = (position.x * groups() + group) * source_channels();
  }
  if (!WHOLE_CHANNELS) return;
  weight_index = weight_at(load_row(0), left_place(0).x);
  [[unroll]] for (uint i = 0; i < RIGHT_LOADS; i++)
    source_index[i] = source_at(i, right_place(i).x, source_inside[i]);
}

void store(uint index, uint channel, float value) {
#ifdef EPILOGUE
  value = epilogue(index, value);
#else
  if (HAS_BIAS) value += bias.values[channel / ROWS_PER_BIAS];
#endif
  SET_ELEMENT(2, result, result_halves, index, value);
}

// Stores this invocation's results in one column.
void store_column(uint c, uint column) {
  uvec3 position = position_of(column);
  uint y = uint(axis_y.result_offset) + position.y * uint(axis_y.result_step);
  uint x = uint(axis_x.result_offset) + position.z * uint(axis_x.result_step);
  uint first_channel = group * result_channels();
  uint picture = chunk * constants.batch + position.x;
  uint start = (picture * groups() * result_channels() + first_channel) * result_area()
    + y * uint(result_width()) + x;
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++) {
    uint row = first_row + tile_row(r);
    if (ALIGNED_ROWS || row < result_channels())
      store(start + row * result_area(), first_channel + row,
        sums[r * COLUMNS_PER_INVOCATION + c]);
  }
}

void main() {
  bool exists = find_tile();
  uint first = chunk * constants.chunk_length;
  uint last = exists ? min(depth, first + constants.chunk_length) : 0;
  if (exists) prepare_loads();
  multiply_tiles(first, last);
  // Not `exists`: a flag that stays alive through the loop costs two instructions there.
  if (columns == 0) return;
  [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
    uint column = first_column + tile_column(c);
    if (ALIGNED_COLUMNS || column < columns) store_column(c, column);
  }
}
