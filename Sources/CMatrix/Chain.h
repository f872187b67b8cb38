// Chains of functions of elements, compiled once per instruction set: block by block, each
// instruction a loop over a block that stays in the first-level cache.
#pragma once
#include "Elementwise.h"

enum {
  CHAIN_BLOCK = 512,
  // Runs of one element that are numbers to the loops; shorter ones are written out.
  SHORTEST_RUN = 32,
  CHAIN_VALUES = CMatrixChainLoads + CMatrixChainInstructions,
};

/// The values of a block.
typedef struct {
  const float *start[CHAIN_VALUES];
  bool is_uniform[CHAIN_VALUES];
} ChainBlock;

_Static_assert(CHAIN_VALUES * CHAIN_BLOCK <= BLOCK_LEFT_FLOATS, "room for every value");

/// Positions from `position` on that one block can hold, at most `count`.
INLINE ptrdiff_t chain_length(const CMatrixChain *chain, ptrdiff_t position, ptrdiff_t count) {
  ptrdiff_t length = smaller(count, CHAIN_BLOCK);
  for (int i = 0; i < chain->load_count; i++) {
    const CMatrixChainLoad *load = &chain->loads[i];
    if (load->inner >= SHORTEST_RUN && load->size > 1)
      length = smaller(length, load->inner - position % load->inner);
  }
  return length;
}

INLINE void load_value(
    const CMatrixChainLoad *load, ptrdiff_t position, ptrdiff_t count, float *room,
    const float **start, bool *is_uniform) {
  *is_uniform = false;
  *start = room;
  if (load->inner == 0) {
    *start = load->source + position;
    return;
  }
  ptrdiff_t rest = position % load->inner, index = position / load->inner % load->size;
  const float *source = load->source + load->offset;
  if (load->inner >= SHORTEST_RUN || load->size == 1) {
    *start = source + index * load->stride;
    *is_uniform = true;
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    room[i] = source[index * load->stride];
    if (++rest == load->inner) {
      rest = 0;
      if (++index == load->size) index = 0;
    }
  }
}

/// Computes a block's values from what was loaded; the last one goes to `target` unless that is
/// null.
static void run_instructions(
    const CMatrixChain *chain, ptrdiff_t count, float *target, ChainBlock *block) {
  float *room = cmatrix_workspace()->left + chain->load_count * CHAIN_BLOCK;
  for (int i = 0; i < chain->instruction_count; i++, room += CHAIN_BLOCK) {
    const CMatrixChainInstruction *step = &chain->instructions[i];
    const int number = chain->load_count + i;
    const bool is_last = target && i == chain->instruction_count - 1;
    const CMatrixElementwise e = {
        step->function, {step->parameters[0], step->parameters[1]},
        block->start[step->first], block->is_uniform[step->first],
        block->start[step->second], block->is_uniform[step->second]};
    const bool is_uniform = !is_last &&
        ((e.a_is_uniform && e.b_is_uniform) || step->function == CMatrixNumber);
    float *result = is_last ? target : room;
    elementwise(&e, result, is_uniform ? 1 : count);
    block->start[number] = result;
    block->is_uniform[number] = is_uniform;
  }
}

/// Computes a block's values; the last one goes to `target` unless that is null.
INLINE void run_chain(
    const CMatrixChain *chain, ptrdiff_t position, ptrdiff_t count, float *target,
    ChainBlock *block) {
  float *room = cmatrix_workspace()->left;
  for (int i = 0; i < chain->load_count; i++, room += CHAIN_BLOCK)
    load_value(
        &chain->loads[i], position, count, room, &block->start[i], &block->is_uniform[i]);
  run_instructions(chain, count, target, block);
}

static void run_whole_chain(
    const CMatrixChain *chain, int value, ptrdiff_t first, ptrdiff_t count, float *result) {
  const bool is_last = value == chain->load_count + chain->instruction_count - 1 &&
      chain->instruction_count > 0;
  ChainBlock block;
  for (ptrdiff_t i = 0; i < count;) {
    const ptrdiff_t length = chain_length(chain, first + i, count - i);
    run_chain(chain, first + i, length, is_last ? result + i : NULL, &block);
    if (!is_last)
      for (ptrdiff_t j = 0; j < length; j++)
        result[i + j] = block.start[value][block.is_uniform[value] ? 0 : j];
    i += length;
  }
}

static void sum_chain(
    const CMatrixChain *chain, const int *values, int value_count, ptrdiff_t first,
    ptrdiff_t count, double *sums) {
  ChainBlock block;
  for (int v = 0; v < value_count; v++) sums[v] = 0;
  for (ptrdiff_t i = 0; i < count;) {
    const ptrdiff_t length = chain_length(chain, first + i, count - i);
    run_chain(chain, first + i, length, NULL, &block);
    for (int v = 0; v < value_count; v++) {
      const float *start = block.start[values[v]];
      sums[v] += block.is_uniform[values[v]] ? (double)length * *start : sum_of(start, length);
    }
    i += length;
  }
}

/// Applies an epilogue to results that are stored one after the other.
INLINE void apply_epilogue(const CMatrixEpilogue *e, ptrdiff_t first, ptrdiff_t count) {
  run_whole_chain(&e->chain, e->value, first, count, (float *)e->result + first);
}

/// Applies an epilogue to sums, at most a block of them, whose results lie at any positions, and
/// stores those.
INLINE void store_epilogue(
    const CMatrixEpilogue *e, const float *sums, const ptrdiff_t *positions, ptrdiff_t count) {
  ChainBlock block;
  const CMatrixChain *chain = &e->chain;
  float *room = cmatrix_workspace()->left;
  block.start[0] = sums;
  block.is_uniform[0] = false;
  for (int i = 1; i < chain->load_count; i++) {
    const CMatrixChainLoad *load = &chain->loads[i];
    const float *source = load->source + load->offset;
    room += CHAIN_BLOCK;
    block.start[i] = load->size == 1 ? source : room;
    block.is_uniform[i] = load->size == 1;
    if (load->inner == 0)
      for (ptrdiff_t j = 0; j < count; j++) room[j] = load->source[positions[j]];
    else if (load->size > 1)
      for (ptrdiff_t j = 0; j < count; j++)
        room[j] = source[positions[j] / load->inner % load->size * load->stride];
  }
  run_instructions(chain, count, NULL, &block);
  const float *values = block.start[e->value];
  const bool is_uniform = block.is_uniform[e->value];
  float *result = (float *)e->result;
  for (ptrdiff_t j = 0; j < count; j++) result[positions[j]] = values[is_uniform ? 0 : j];
}
