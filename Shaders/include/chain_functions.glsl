// Runs a chain; see chain.glsl.

#include "pointwise_functions.glsl"
#include "binary_functions.glsl"

// Loads, then instructions. Always indexed by constants.
float registers[24];

uint element_of(uint code, uint position) {
  switch ((code >> 4) & 15u) {
    case 0: return position;
    case 1: return position / INNER_1 % SIZE_1;
    case 2: return position / INNER_2 % SIZE_2;
    case 3: return position / INNER_3 % SIZE_3;
  }
  return 0;
}

float loaded(uint code, uint position) {
  uint index = element_of(code, position) * ((code >> 8) & 15u) + ((code >> 12) & 15u);
  switch (code & 15u) {
#ifndef EPILOGUE
    case 0: return ELEMENT(CHAIN_BINDING + 0, input_0, half_0, index);
#endif
    case 1: return ELEMENT(CHAIN_BINDING + 1, input_1, half_1, index);
    case 2: return ELEMENT(CHAIN_BINDING + 2, input_2, half_2, index);
    case 3: return ELEMENT(CHAIN_BINDING + 3, input_3, half_3, index);
    case 4: return ELEMENT(CHAIN_BINDING + 4, input_4, half_4, index);
    case 5: return ELEMENT(CHAIN_BINDING + 5, input_5, half_5, index);
  }
  return 0.0;
}

// Zero beyond the last: what functions that depend on no number, or on zeros, are given.
float number(uint index) {
  switch (index) {
    case 0: return NUMBER_0;
    case 1: return NUMBER_1;
    case 2: return NUMBER_2;
    case 3: return NUMBER_3;
    case 4: return NUMBER_4;
    case 5: return NUMBER_5;
    case 6: return NUMBER_6;
    case 7: return NUMBER_7;
  }
  return 0.0;
}

// Functions of one number are 0-31, their derivatives times a second number 32-63, functions of
// two numbers 64-95, a number itself 96.
float chain_value(uint function, float a, float b, float first, float second) {
  if (function < 32u) return pointwise_value(function, a, first, second);
  if (function < 64u) return pointwise_gradient(function - 32u, a, b, first, second);
  if (function < 96u) return binary_value(function - 64u, a, b);
  return first;
}

float computed(uint code) {
  uint start = code >> 24;
  return chain_value(
    code & 255u, registers[(code >> 8) & 255u], registers[(code >> 16) & 255u], number(start),
    number(start + 1u));
}

// Fills the registers for a position.
void run_chain(uint position) {
#ifndef EPILOGUE
  if (LOAD_0 != NO_CODE) registers[0] = loaded(LOAD_0, position);
#endif
  if (LOAD_1 != NO_CODE) registers[1] = loaded(LOAD_1, position);
  if (LOAD_2 != NO_CODE) registers[2] = loaded(LOAD_2, position);
  if (LOAD_3 != NO_CODE) registers[3] = loaded(LOAD_3, position);
  if (LOAD_4 != NO_CODE) registers[4] = loaded(LOAD_4, position);
  if (LOAD_5 != NO_CODE) registers[5] = loaded(LOAD_5, position);
  if (LOAD_6 != NO_CODE) registers[6] = loaded(LOAD_6, position);
  if (LOAD_7 != NO_CODE) registers[7] = loaded(LOAD_7, position);
  if (INSTRUCTION_0 != NO_CODE) registers[8] = computed(INSTRUCTION_0);
  if (INSTRUCTION_1 != NO_CODE) registers[9] = computed(INSTRUCTION_1);
  if (INSTRUCTION_2 != NO_CODE) registers[10] = computed(INSTRUCTION_2);
  if (INSTRUCTION_3 != NO_CODE) registers[11] = computed(INSTRUCTION_3);
  if (INSTRUCTION_4 != NO_CODE) registers[12] = computed(INSTRUCTION_4);
  if (INSTRUCTION_5 != NO_CODE) registers[13] = computed(INSTRUCTION_5);
  if (INSTRUCTION_6 != NO_CODE) registers[14] = computed(INSTRUCTION_6);
  if (INSTRUCTION_7 != NO_CODE) registers[15] = computed(INSTRUCTION_7);
  if (INSTRUCTION_8 != NO_CODE) registers[16] = computed(INSTRUCTION_8);
  if (INSTRUCTION_9 != NO_CODE) registers[17] = computed(INSTRUCTION_9);
  if (INSTRUCTION_10 != NO_CODE) registers[18] = computed(INSTRUCTION_10);
  if (INSTRUCTION_11 != NO_CODE) registers[19] = computed(INSTRUCTION_11);
  if (INSTRUCTION_12 != NO_CODE) registers[20] = computed(INSTRUCTION_12);
  if (INSTRUCTION_13 != NO_CODE) registers[21] = computed(INSTRUCTION_13);
  if (INSTRUCTION_14 != NO_CODE) registers[22] = computed(INSTRUCTION_14);
  if (INSTRUCTION_15 != NO_CODE) registers[23] = computed(INSTRUCTION_15);
}

#ifdef EPILOGUE
// What is stored at a position instead of the value computed there.
float epilogue(uint position, float value) {
  registers[0] = value;
  run_chain(position);
  return registers[FIRST_RESULT];
}
#endif
