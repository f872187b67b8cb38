// Buffers that hold 32-bit or, with HALVES, 16-bit elements: bit b of HALF_BUFFERS says which of
// the two blocks at binding b is the buffer's. The arithmetic is that of 32 bits either way.
// The including shader enables GL_EXT_shader_16bit_storage with HALVES and declares both blocks.

#ifdef HALVES
layout(constant_id = 90) const uint HALF_BUFFERS = 0;
#define IS_HALF(binding) ((HALF_BUFFERS >> (binding) & 1u) != 0)
#define ELEMENT(binding, block, half_block, index) \
  (IS_HALF(binding) ? float(half_block.values[index]) : block.values[index])
#define SET_ELEMENT(binding, block, half_block, index, value) \
  if (IS_HALF(binding)) half_block.values[index] = float16_t(value); \
  else block.values[index] = value
#else
#define ELEMENT(binding, block, half_block, index) block.values[index]
#define SET_ELEMENT(binding, block, half_block, index, value) block.values[index] = value
#endif
