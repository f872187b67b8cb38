// The inner loop of matrix products and convolutions: a workgroup computes TILE_ROWS x
// TILE_COLUMNS results, an invocation ROWS_PER_INVOCATION x 4 of them in registers, and the
// operands pass through shared memory TILE_DEPTH at a time (6.2 KiB by default).
//
// The including shader declares WORKGROUP_SIZE, ROWS_PER_INVOCATION and load_tiles(start), which
// fills left_tile and right_tile with every invocation, zeros outside the operands; and enables
// GL_EXT_control_flow_attributes.

const uint TILE_DEPTH = 16;
const uint GRID_ROWS = 4;
const uint GRID_COLUMNS = WORKGROUP_SIZE / GRID_ROWS;
const uint COLUMNS_PER_INVOCATION = 4;
const uint TILE_ROWS = GRID_ROWS * ROWS_PER_INVOCATION;
const uint TILE_COLUMNS = GRID_COLUMNS * COLUMNS_PER_INVOCATION;
// One element more than a row, so that columns of the tile spread over the banks.
const uint LEFT_STRIDE = TILE_ROWS + 1;
const uint RIGHT_STRIDE = TILE_COLUMNS + 1;

shared float left_tile[TILE_DEPTH * LEFT_STRIDE];
shared float right_tile[TILE_DEPTH * RIGHT_STRIDE];

float sums[ROWS_PER_INVOCATION * COLUMNS_PER_INVOCATION];

uint grid_row() { return gl_LocalInvocationID.x / GRID_COLUMNS; }
uint grid_column() { return gl_LocalInvocationID.x % GRID_COLUMNS; }

// Row and column within the tile of this invocation's result (r, c): neighbouring invocations own
// neighbouring columns.
uint tile_row(uint r) { return grid_row() + r * GRID_ROWS; }
uint tile_column(uint c) { return grid_column() + c * GRID_COLUMNS; }

void load_tiles(uint start);

void accumulate(uint k) {
  float right[COLUMNS_PER_INVOCATION];
  [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++)
    right[c] = right_tile[k * RIGHT_STRIDE + tile_column(c)];
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++) {
    float left = left_tile[k * LEFT_STRIDE + tile_row(r)];
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++)
      sums[r * COLUMNS_PER_INVOCATION + c] += left * right[c];
  }
}

// Leaves the products over first ..< last in `sums`; the same bounds for the whole workgroup.
void multiply_tiles(uint first, uint last) {
  [[unroll]] for (uint i = 0; i < ROWS_PER_INVOCATION * COLUMNS_PER_INVOCATION; i++) sums[i] = 0;
  for (uint start = first; start < last; start += TILE_DEPTH) {
    load_tiles(start);
    barrier();
    // Loops of 16 are unrolled by 4 here and in load_tiles: full unrolling costs software devices
    // a second per pipeline.
    [[dont_unroll]] for (uint k = 0; k < TILE_DEPTH; k += 4)
      [[unroll]] for (uint i = 0; i < 4; i++) accumulate(k + i);
    barrier();
  }
}
