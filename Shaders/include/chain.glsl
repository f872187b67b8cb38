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
//
// With EPILOGUE, input 0 and register 0 are what the shader has computed itself. Then it says by
// CHAIN_ID and CHAIN_BINDING where numbers of constants and bindings begin; maps and numbers are
// specialization constants too, so that divisions become shifts in kernels that repeat the chain.

const uint NO_CODE = 0xFFFFFFFFu;

// With HALVES, inputs may hold 16-bit elements, see halves.glsl.
#include "halves.glsl"

#ifndef EPILOGUE
#define CHAIN_ID 8
#define CHAIN_BINDING 0
#endif

layout(constant_id = CHAIN_ID + 1) const uint LOAD_1 = NO_CODE;
layout(constant_id = CHAIN_ID + 2) const uint LOAD_2 = NO_CODE;
layout(constant_id = CHAIN_ID + 3) const uint LOAD_3 = NO_CODE;
layout(constant_id = CHAIN_ID + 4) const uint LOAD_4 = NO_CODE;
layout(constant_id = CHAIN_ID + 5) const uint LOAD_5 = NO_CODE;
layout(constant_id = CHAIN_ID + 6) const uint LOAD_6 = NO_CODE;
layout(constant_id = CHAIN_ID + 7) const uint LOAD_7 = NO_CODE;
layout(constant_id = CHAIN_ID + 8) const uint INSTRUCTION_0 = NO_CODE;
layout(constant_id = CHAIN_ID + 9) const uint INSTRUCTION_1 = NO_CODE;
layout(constant_id = CHAIN_ID + 10) const uint INSTRUCTION_2 = NO_CODE;
layout(constant_id = CHAIN_ID + 11) const uint INSTRUCTION_3 = NO_CODE;
layout(constant_id = CHAIN_ID + 12) const uint INSTRUCTION_4 = NO_CODE;
layout(constant_id = CHAIN_ID + 13) const uint INSTRUCTION_5 = NO_CODE;
layout(constant_id = CHAIN_ID + 14) const uint INSTRUCTION_6 = NO_CODE;
layout(constant_id = CHAIN_ID + 15) const uint INSTRUCTION_7 = NO_CODE;
layout(constant_id = CHAIN_ID + 16) const uint INSTRUCTION_8 = NO_CODE;
layout(constant_id = CHAIN_ID + 17) const uint INSTRUCTION_9 = NO_CODE;
layout(constant_id = CHAIN_ID + 18) const uint INSTRUCTION_10 = NO_CODE;
layout(constant_id = CHAIN_ID + 19) const uint INSTRUCTION_11 = NO_CODE;
layout(constant_id = CHAIN_ID + 20) const uint INSTRUCTION_12 = NO_CODE;
layout(constant_id = CHAIN_ID + 21) const uint INSTRUCTION_13 = NO_CODE;
layout(constant_id = CHAIN_ID + 22) const uint INSTRUCTION_14 = NO_CODE;
layout(constant_id = CHAIN_ID + 23) const uint INSTRUCTION_15 = NO_CODE;
// The register that holds the result.
layout(constant_id = CHAIN_ID + 24) const uint FIRST_RESULT = 0;

layout(binding = CHAIN_BINDING + 1) readonly restrict buffer Input1 { float values[]; } input_1;
layout(binding = CHAIN_BINDING + 2) readonly restrict buffer Input2 { float values[]; } input_2;
layout(binding = CHAIN_BINDING + 3) readonly restrict buffer Input3 { float values[]; } input_3;
layout(binding = CHAIN_BINDING + 4) readonly restrict buffer Input4 { float values[]; } input_4;
layout(binding = CHAIN_BINDING + 5) readonly restrict buffer Input5 { float values[]; } input_5;
#ifdef HALVES
layout(binding = CHAIN_BINDING + 1) readonly restrict buffer Half1 { float16_t values[]; } half_1;
layout(binding = CHAIN_BINDING + 2) readonly restrict buffer Half2 { float16_t values[]; } half_2;
layout(binding = CHAIN_BINDING + 3) readonly restrict buffer Half3 { float16_t values[]; } half_3;
layout(binding = CHAIN_BINDING + 4) readonly restrict buffer Half4 { float16_t values[]; } half_4;
layout(binding = CHAIN_BINDING + 5) readonly restrict buffer Half5 { float16_t values[]; } half_5;
#endif

#ifdef EPILOGUE
layout(constant_id = CHAIN_ID + 25) const uint INNER_1 = 1;
layout(constant_id = CHAIN_ID + 26) const uint SIZE_1 = 1;
layout(constant_id = CHAIN_ID + 27) const uint INNER_2 = 1;
layout(constant_id = CHAIN_ID + 28) const uint SIZE_2 = 1;
layout(constant_id = CHAIN_ID + 29) const uint INNER_3 = 1;
layout(constant_id = CHAIN_ID + 30) const uint SIZE_3 = 1;
layout(constant_id = CHAIN_ID + 31) const float NUMBER_0 = 0;
layout(constant_id = CHAIN_ID + 32) const float NUMBER_1 = 0;
layout(constant_id = CHAIN_ID + 33) const float NUMBER_2 = 0;
layout(constant_id = CHAIN_ID + 34) const float NUMBER_3 = 0;
layout(constant_id = CHAIN_ID + 35) const float NUMBER_4 = 0;
layout(constant_id = CHAIN_ID + 36) const float NUMBER_5 = 0;
layout(constant_id = CHAIN_ID + 37) const float NUMBER_6 = 0;
layout(constant_id = CHAIN_ID + 38) const float NUMBER_7 = 0;
#else
layout(constant_id = CHAIN_ID) const uint LOAD_0 = 0x100;
// The register of the second result.
layout(constant_id = CHAIN_ID + 25) const uint SECOND_RESULT = 0;
layout(binding = CHAIN_BINDING) readonly restrict buffer Input0 { float values[]; } input_0;
#ifdef HALVES
layout(binding = CHAIN_BINDING) readonly restrict buffer Half0 { float16_t values[]; } half_0;
#endif
#define CHAIN_CONSTANTS \
  uint inner_1; uint size_1; uint inner_2; uint size_2; uint inner_3; uint size_3; \
  float number_0; float number_1; float number_2; float number_3; \
  float number_4; float number_5; float number_6; float number_7;
#define INNER_1 constants.inner_1
#define SIZE_1 constants.size_1
#define INNER_2 constants.inner_2
#define SIZE_2 constants.size_2
#define INNER_3 constants.inner_3
#define SIZE_3 constants.size_3
#define NUMBER_0 constants.number_0
#define NUMBER_1 constants.number_1
#define NUMBER_2 constants.number_2
#define NUMBER_3 constants.number_3
#define NUMBER_4 constants.number_4
#define NUMBER_5 constants.number_5
#define NUMBER_6 constants.number_6
#define NUMBER_7 constants.number_7
#endif
