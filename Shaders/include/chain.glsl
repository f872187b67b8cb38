// A chain: a straight-line program for one position, as specialization constants, so that a
// pipeline holds the arithmetic alone. Sources/Tensors/Fusion/ChainCode.swift writes it.
//
// LOAD_k puts an input's element in register k. Bits 0-3: the input. Bits 4-7: the element's
// number, 0 the position, 1-3 position / inner_n % size_n, 4 zero. It lies at number * stride +
// offset (bits 8-11 and 12-15).
// INSTRUCTION_k puts a function's value in register 8 + k. Bits 0-7: the function. Bits 8-15 and
// 16-23: the registers of its operands. Bits 24-31: the first of the two numbers it depends on.
//
// The including shader declares the push constants with CHAIN_CONSTANTS in front, then includes
// chain_functions.glsl. Inputs that a chain does not have are any buffer.

const uint NO_CODE = 0xFFFFFFFFu;

layout(constant_id = 8) const uint LOAD_0 = 0x100;
layout(constant_id = 9) const uint LOAD_1 = NO_CODE;
layout(constant_id = 10) const uint LOAD_2 = NO_CODE;
layout(constant_id = 11) const uint LOAD_3 = NO_CODE;
layout(constant_id = 12) const uint LOAD_4 = NO_CODE;
layout(constant_id = 13) const uint LOAD_5 = NO_CODE;
layout(constant_id = 14) const uint LOAD_6 = NO_CODE;
layout(constant_id = 15) const uint LOAD_7 = NO_CODE;
layout(constant_id = 16) const uint INSTRUCTION_0 = NO_CODE;
layout(constant_id = 17) const uint INSTRUCTION_1 = NO_CODE;
layout(constant_id = 18) const uint INSTRUCTION_2 = NO_CODE;
layout(constant_id = 19) const uint INSTRUCTION_3 = NO_CODE;
layout(constant_id = 20) const uint INSTRUCTION_4 = NO_CODE;
layout(constant_id = 21) const uint INSTRUCTION_5 = NO_CODE;
layout(constant_id = 22) const uint INSTRUCTION_6 = NO_CODE;
layout(constant_id = 23) const uint INSTRUCTION_7 = NO_CODE;
layout(constant_id = 24) const uint INSTRUCTION_8 = NO_CODE;
layout(constant_id = 25) const uint INSTRUCTION_9 = NO_CODE;
layout(constant_id = 26) const uint INSTRUCTION_10 = NO_CODE;
layout(constant_id = 27) const uint INSTRUCTION_11 = NO_CODE;
layout(constant_id = 28) const uint INSTRUCTION_12 = NO_CODE;
layout(constant_id = 29) const uint INSTRUCTION_13 = NO_CODE;
layout(constant_id = 30) const uint INSTRUCTION_14 = NO_CODE;
layout(constant_id = 31) const uint INSTRUCTION_15 = NO_CODE;
// Registers that hold results.
layout(constant_id = 32) const uint FIRST_RESULT = 0;
layout(constant_id = 33) const uint SECOND_RESULT = 0;

layout(set = 0, binding = 0) readonly restrict buffer Input0 { float values[]; } input_0;
layout(set = 0, binding = 1) readonly restrict buffer Input1 { float values[]; } input_1;
layout(set = 0, binding = 2) readonly restrict buffer Input2 { float values[]; } input_2;
layout(set = 0, binding = 3) readonly restrict buffer Input3 { float values[]; } input_3;
layout(set = 0, binding = 4) readonly restrict buffer Input4 { float values[]; } input_4;
layout(set = 0, binding = 5) readonly restrict buffer Input5 { float values[]; } input_5;

#define CHAIN_CONSTANTS \
  uint inner_1; uint size_1; uint inner_2; uint size_2; uint inner_3; uint size_3; \
  float number_0; float number_1; float number_2; float number_3; \
  float number_4; float number_5; float number_6; float number_7;
