// The inner loop of matrix products and convolutions: a workgroup computes TILE_ROWS x
// TILE_COLUMNS results, an invocation ROWS_PER_INVOCATION x COLUMNS_PER_INVOCATION of them in
// registers; the operands pass through shared memory TILE_DEPTH inner indices at a time.
//
// The including shader enables GL_EXT_control_flow_attributes and declares, before,
// LEFT_ALONG_DEPTH and RIGHT_ALONG_DEPTH (whether neighbours along the depth are neighbours in
// memory, which decides what an invocation loads), the macro RIGHT_SPREADS (see `place`); after,
// left_value and right_value.

// All are powers of two. Smaller sizes than 128 invocations and 16 KiB suit every device.
layout(constant_id = 0) const uint WORKGROUP_SIZE = 64;
layout(constant_id = 1) const uint GRID_ROWS = 8;
layout(constant_id = 2) const uint ROWS_PER_INVOCATION = 4;
layout(constant_id = 3) const uint COLUMNS_PER_INVOCATION = 4;
layout(constant_id = 4) const uint TILE_DEPTH = 8;
// Inner indices that are unrolled; a loop over them is left where there are fewer than TILE_DEPTH.
layout(constant_id = 5) const uint UNROLLED_DEPTH = 4;
// Loads the next tile into registers while this one is multiplied.
layout(constant_id = 6) const bool PREFETCHES = false;
// Whether rows, columns and depth are whole tiles: then no load or store is checked.
layout(constant_id = 7) const bool ALIGNED_ROWS = false;
layout(constant_id = 8) const bool ALIGNED_COLUMNS = false;
layout(constant_id = 9) const bool ALIGNED_DEPTH = false;
layout(local_size_x_id = 0) in;

const uint GRID_COLUMNS = WORKGROUP_SIZE / GRID_ROWS;
const uint TILE_ROWS = GRID_ROWS * ROWS_PER_INVOCATION;
const uint TILE_COLUMNS = GRID_COLUMNS * COLUMNS_PER_INVOCATION;
// Whole vectors; one vector more where invocations store along the depth, to spread the banks.
const uint LEFT_STRIDE = (TILE_ROWS + 3) / 4 + (LEFT_ALONG_DEPTH ? 1 : 0);
const uint RIGHT_STRIDE = (TILE_COLUMNS + 3) / 4 + (RIGHT_ALONG_DEPTH ? 1 : 0);
const uint LEFT_COUNT = TILE_ROWS * TILE_DEPTH;
const uint RIGHT_COUNT = TILE_COLUMNS * TILE_DEPTH;
// Values that an invocation loads.
const uint LEFT_LOADS = (LEFT_COUNT + WORKGROUP_SIZE - 1) / WORKGROUP_SIZE;
const uint RIGHT_LOADS = (RIGHT_COUNT + WORKGROUP_SIZE - 1) / WORKGROUP_SIZE;

shared vec4 left_tile[TILE_DEPTH * LEFT_STRIDE];
shared vec4 right_tile[TILE_DEPTH * RIGHT_STRIDE];

float sums[ROWS_PER_INVOCATION * COLUMNS_PER_INVOCATION];
float left_loaded[LEFT_LOADS];
float right_loaded[RIGHT_LOADS];

// The value of load i of this invocation, which lies at left_place(i) or right_place(i) of the tile
// that starts at this inner index; zero outside the operands.
float left_value(uint i, uint start);
float right_value(uint i, uint start);

// Inner index and row (or column) of load i of an invocation, of `length` rows and `loads` loads.
// Along the depth, neighbours load neighbouring inner indices, an invocation neighbouring rows.
// Otherwise neighbours load neighbouring rows, an invocation neighbouring inner indices.
// One that spreads loads every so-many-th row along the depth.
uvec2 place(uint i, uint length, uint loads, bool along_depth, bool spreads) {
  uint id = gl_LocalInvocationID.x;
  if (length * TILE_DEPTH < WORKGROUP_SIZE) id = min(id, length * TILE_DEPTH - 1);
  if (along_depth) {
    uint turn = id / TILE_DEPTH;
    return uvec2(
      id % TILE_DEPTH, spreads ? i * (WORKGROUP_SIZE / TILE_DEPTH) + turn : turn * loads + i);
  }
  if (WORKGROUP_SIZE >= length) return uvec2(id / length * loads + i, id % length);
  uint turns = length / WORKGROUP_SIZE;
  return uvec2(i / turns, id + i % turns * WORKGROUP_SIZE);
}

uvec2 left_place(uint i) {
  return place(i, TILE_ROWS, LEFT_LOADS, LEFT_ALONG_DEPTH, false);
}

uvec2 right_place(uint i) {
  return place(i, TILE_COLUMNS, RIGHT_LOADS, RIGHT_ALONG_DEPTH, RIGHT_SPREADS);
}

// Blocks of 4 x 8 invocations read few distinct vectors at a time.
const bool BLOCKED = GRID_ROWS % 4 + GRID_COLUMNS % 8 == 0;
const uint BLOCK_COLUMNS = (GRID_COLUMNS + 7) / 8;

uint grid_row() {
  uint id = gl_LocalInvocationID.x;
  return BLOCKED ? id / 32 / BLOCK_COLUMNS * 4 + id % 32 / 8 : id / GRID_COLUMNS;
}

uint grid_column() {
  uint id = gl_LocalInvocationID.x;
  return BLOCKED ? id / 32 % BLOCK_COLUMNS * 8 + id % 8 : id % GRID_COLUMNS;
}

// Place within the tile of this invocation's i-th of `count` rows or columns: four neighbours at
// a time where there are four, otherwise neighbouring invocations own neighbours.
uint owned(uint i, uint count, uint grid, uint grid_size) {
  return count % 4 == 0 ? (i / 4 * grid_size + grid) * 4 + i % 4 : i * grid_size + grid;
}

uint tile_row(uint r) { return owned(r, ROWS_PER_INVOCATION, grid_row(), GRID_ROWS); }
uint tile_column(uint c) {
  return owned(c, COLUMNS_PER_INVOCATION, grid_column(), GRID_COLUMNS);
}

void load_tiles(uint start) {
  [[unroll]] for (uint i = 0; i < LEFT_LOADS; i++) left_loaded[i] = left_value(i, start);
  [[unroll]] for (uint i = 0; i < RIGHT_LOADS; i++) right_loaded[i] = right_value(i, start);
}

// What the address of an operand in shared memory needs, the same for every tile: compilers do not
// move it out of the loop.
uvec2 left_start;
uvec2 right_start;
uint read_row;
uint read_column;

// Vector and component of an element of a tile.
uvec2 address(uvec2 at, uint stride) { return uvec2(at.x * stride + at.y / 4, at.y % 4); }

void prepare_addresses() {
  left_start = address(left_place(0), LEFT_STRIDE);
  right_start = address(right_place(0), RIGHT_STRIDE);
  read_row = grid_row();
  read_column = grid_column();
}

// Vector and component that load i is stored at.
uvec2 left_address(uint i) {
  if (LEFT_ALONG_DEPTH) return address(left_place(i), LEFT_STRIDE);
  if (WORKGROUP_SIZE >= TILE_ROWS) return left_start + uvec2(i * LEFT_STRIDE, 0);
  const uint turns = TILE_ROWS / WORKGROUP_SIZE;
  return left_start + uvec2(i / turns * LEFT_STRIDE + i % turns * (WORKGROUP_SIZE / 4), 0);
}

uvec2 right_address(uint i) {
  if (RIGHT_ALONG_DEPTH) {
    const uint step = WORKGROUP_SIZE / TILE_DEPTH;
    if (RIGHT_SPREADS && step % 4 == 0) return right_start + uvec2(i * (step / 4), 0);
    return address(right_place(i), RIGHT_STRIDE);
  }
  if (WORKGROUP_SIZE >= TILE_COLUMNS) return right_start + uvec2(i * RIGHT_STRIDE, 0);
  const uint turns = TILE_COLUMNS / WORKGROUP_SIZE;
  return right_start + uvec2(i / turns * RIGHT_STRIDE + i % turns * (WORKGROUP_SIZE / 4), 0);
}

void store_left() {
  if (LEFT_ALONG_DEPTH && LEFT_LOADS % 4 == 0) {
    [[unroll]] for (uint i = 0; i < LEFT_LOADS; i += 4)
      left_tile[left_start.x + i / 4] = vec4(
        left_loaded[i], left_loaded[i + 1], left_loaded[i + 2], left_loaded[i + 3]);
    return;
  }
  [[unroll]] for (uint i = 0; i < LEFT_LOADS; i++) {
    uvec2 at = left_address(i);
    left_tile[at.x][at.y] = left_loaded[i];
  }
}

void store_right() {
  if (RIGHT_ALONG_DEPTH && !RIGHT_SPREADS && RIGHT_LOADS % 4 == 0) {
    [[unroll]] for (uint i = 0; i < RIGHT_LOADS; i += 4)
      right_tile[right_start.x + i / 4] = vec4(
        right_loaded[i], right_loaded[i + 1], right_loaded[i + 2], right_loaded[i + 3]);
    return;
  }
  [[unroll]] for (uint i = 0; i < RIGHT_LOADS; i++) {
    uvec2 at = right_address(i);
    right_tile[at.x][at.y] = right_loaded[i];
  }
}

// Writes what was loaded to shared memory; invocations beyond the tile have loaded a copy.
void store_tiles() {
  if (LEFT_COUNT >= WORKGROUP_SIZE || gl_LocalInvocationID.x < LEFT_COUNT) store_left();
  if (RIGHT_COUNT >= WORKGROUP_SIZE || gl_LocalInvocationID.x < RIGHT_COUNT) store_right();
}

// The product of column k of the left tile and row k of the right one.
void accumulate(uint k) {
  float left[ROWS_PER_INVOCATION];
  float right[COLUMNS_PER_INVOCATION];
  if (ROWS_PER_INVOCATION % 4 == 0) {
    [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r += 4) {
      vec4 values = left_tile[k * LEFT_STRIDE + r / 4 * GRID_ROWS + read_row];
      [[unroll]] for (uint i = 0; i < 4; i++) left[r + i] = values[i];
    }
  } else {
    [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++) {
      uint row = r * GRID_ROWS + read_row;
      left[r] = left_tile[k * LEFT_STRIDE + row / 4][row % 4];
    }
  }
  if (COLUMNS_PER_INVOCATION % 4 == 0) {
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c += 4) {
      vec4 values = right_tile[k * RIGHT_STRIDE + c / 4 * GRID_COLUMNS + read_column];
      [[unroll]] for (uint i = 0; i < 4; i++) right[c + i] = values[i];
    }
  } else {
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++) {
      uint column = c * GRID_COLUMNS + read_column;
      right[c] = right_tile[k * RIGHT_STRIDE + column / 4][column % 4];
    }
  }
  [[unroll]] for (uint r = 0; r < ROWS_PER_INVOCATION; r++)
    [[unroll]] for (uint c = 0; c < COLUMNS_PER_INVOCATION; c++)
      sums[r * COLUMNS_PER_INVOCATION + c] += left[r] * right[c];
}

void multiply_tile() {
  if (UNROLLED_DEPTH >= TILE_DEPTH) {
    [[unroll]] for (uint k = 0; k < TILE_DEPTH; k++) accumulate(k);
  } else {
    [[dont_unroll]] for (uint k = 0; k < TILE_DEPTH; k += UNROLLED_DEPTH)
      [[unroll]] for (uint i = 0; i < UNROLLED_DEPTH; i++) accumulate(k + i);
  }
}

// Leaves the products over first ..< last in `sums`; the same bounds for the whole workgroup.
void multiply_tiles(uint first, uint last) {
  [[unroll]] for (uint i = 0; i < ROWS_PER_INVOCATION * COLUMNS_PER_INVOCATION; i++) sums[i] = 0;
  prepare_addresses();
  if (PREFETCHES && first < last) load_tiles(first);
  [[dont_unroll]] for (uint start = first; start < last; start += TILE_DEPTH) {
    if (!PREFETCHES) load_tiles(start);
    store_tiles();
    barrier();
    // The last tile is loaded again rather than branched around.
    if (PREFETCHES) load_tiles(start + TILE_DEPTH < last ? start + TILE_DEPTH : start);
    multiply_tile();
    barrier();
  }
}
