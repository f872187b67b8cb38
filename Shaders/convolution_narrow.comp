#version 450
// Transposed convolution (see convolution_gather.comp) to few channels: for the last layer, where
// tiles of a matrix product would consist of one row.
// source [batch, groups * source_channels, height, width], weight [groups * source_channels,
// result_channels, kernel], result [batch, groups * result_channels, ...].
// A cell is what one source position stands for: STRIDE_Y x STRIDE_X results of every channel. An
// invocation computes CELLS cells, one below the other: it loads their window of the source once
// per channel, and multiplies no zero.
// With EPILOGUE a chain of functions of the sum is stored, see chain.glsl; it adds the bias too.
// With HALVES, all but the weight may hold 16-bit elements, see halves.glsl.
//@variant epilogue EPILOGUE=1
//@variant halves HALVES=1
//@variant epilogue_halves EPILOGUE=1 HALVES=1

#extension GL_EXT_control_flow_attributes : require
#ifdef HALVES
#extension GL_EXT_shader_16bit_storage : require
#endif

layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 32) const int CELLS = 2;
layout(local_size_x_id = 0) in;

layout(set = 0, binding = 0) readonly restrict buffer Source { float values[]; } source;
#ifdef HALVES
layout(set = 0, binding = 0) readonly restrict buffer SourceHalves { float16_t values[]; }
  source_halves;
#endif
layout(set = 0, binding = 1) readonly restrict buffer Weight { float values[]; } weight;
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
layout(constant_id = 30) const bool HAS_BIAS = false;
layout(constant_id = 31) const uint ROWS_PER_BIAS = 1;
// Any buffer without HAS_BIAS.
layout(set = 0, binding = 3) readonly restrict buffer Bias { float values[]; } bias;
#endif

#include "indexing.glsl"
#include "convolution_sizes.glsl"
#ifdef EPILOGUE
#include "chain_functions.glsl"
#endif

// A result at cell * STRIDE + phase sees the source at cell + i through tap phase + PADDING - i *
// STRIDE, for i from FIRST on.
const int FIRST_Y = -((KERNEL_HEIGHT - 1 - PADDING_Y + 64 * STRIDE_Y) / STRIDE_Y - 64);
const int FIRST_X = -((KERNEL_WIDTH - 1 - PADDING_X + 64 * STRIDE_X) / STRIDE_X - 64);
const int WINDOW_Y = (STRIDE_Y - 1 + PADDING_Y) / STRIDE_Y - FIRST_Y + CELLS;
const int WINDOW_X = (STRIDE_X - 1 + PADDING_X) / STRIDE_X - FIRST_X + 1;
const uint KERNEL_AREA = uint(KERNEL_HEIGHT * KERNEL_WIDTH);
const int ROWS = CELLS * STRIDE_Y;
const int SUMS = int(RESULT_CHANNELS) * ROWS * STRIDE_X;

float sums[SUMS];
float window[WINDOW_Y * WINDOW_X];
// Where the window lies in a channel, and which of it is inside the source.
uint window_index[WINDOW_Y * WINDOW_X];
bool window_inside[WINDOW_Y * WINDOW_X];

void find_window(ivec2 cell) {
  [[unroll]] for (int i = 0; i < WINDOW_Y; i++)
    [[unroll]] for (int j = 0; j < WINDOW_X; j++) {
      int y = cell.y + FIRST_Y + i;
      int x = cell.x + FIRST_X + j;
      bool inside = inside_y(y) && inside_x(x);
      window_index[i * WINDOW_X + j] = inside ? uint(y * source_width() + x) : 0;
      window_inside[i * WINDOW_X + j] = inside;
    }
}

// Adds one source channel: weights of its first result channel start at `start`.
void accumulate(uint start) {
  [[unroll]] for (int o = 0; o < int(RESULT_CHANNELS); o++)
    [[unroll]] for (int y = 0; y < ROWS; y++)
      [[unroll]] for (int x = 0; x < STRIDE_X; x++)
        // By rising taps, as everywhere.
        [[unroll]] for (int i = WINDOW_Y - 1; i >= 0; i--)
          [[unroll]] for (int j = WINDOW_X - 1; j >= 0; j--) {
            int tap_y = y + PADDING_Y - (i + FIRST_Y) * STRIDE_Y;
            int tap_x = x + PADDING_X - (j + FIRST_X) * STRIDE_X;
            if (tap_y < 0 || tap_y >= KERNEL_HEIGHT || tap_x < 0 || tap_x >= KERNEL_WIDTH) continue;
            uint tap = uint((o * KERNEL_HEIGHT + tap_y) * KERNEL_WIDTH + tap_x);
            sums[(o * ROWS + y) * STRIDE_X + x]
              += weight.values[start + tap] * window[i * WINDOW_X + j];
          }
}

void store(uint index, uint channel, float value) {
#ifdef EPILOGUE
  value = epilogue(index, value);
#else
  if (HAS_BIAS) value += bias.values[channel / ROWS_PER_BIAS];
#endif
  SET_ELEMENT(2, result, result_halves, index, value);
}

void store_cells(uint first_channel, ivec2 start) {
  [[unroll]] for (int o = 0; o < int(RESULT_CHANNELS); o++)
    [[unroll]] for (int y = 0; y < ROWS; y++)
      [[unroll]] for (int x = 0; x < STRIDE_X; x++) {
        ivec2 at = start + ivec2(x, y);
        if (at.x < result_width() && at.y < result_height())
          store((first_channel + uint(o)) * result_area() + uint(at.y * result_width() + at.x),
            first_channel % (groups() * RESULT_CHANNELS) + uint(o),
            sums[(o * ROWS + y) * STRIDE_X + x]);
      }
}

void main() {
  uint cells_x = uint((result_width() + STRIDE_X - 1) / STRIDE_X);
  uint cells_y = uint((result_height() + ROWS - 1) / ROWS);
  uint row = invocation_index() / cells_x;
  uint plane = row / cells_y;
  if (plane >= constants.batch * groups()) return;
  ivec2 cell = ivec2(invocation_index() - row * cells_x, int(row - plane * cells_y) * CELLS);
  uint group = plane % groups();
  find_window(cell);

  [[unroll]] for (int i = 0; i < SUMS; i++) sums[i] = 0;
  [[dont_unroll]] for (uint c = 0; c < source_channels(); c++) {
    uint start = (plane * source_channels() + c) * source_area();
    [[unroll]] for (int i = 0; i < WINDOW_Y * WINDOW_X; i++) {
      float value = ELEMENT(0, source, source_halves, start + window_index[i]);
      window[i] = window_inside[i] ? value : 0;
    }
    accumulate((group * source_channels() + c) * RESULT_CHANNELS * KERNEL_AREA);
  }
  store_cells(plane * RESULT_CHANNELS, cell * ivec2(STRIDE_X, STRIDE_Y));
}
