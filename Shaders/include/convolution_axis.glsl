// One spatial axis of a convolution, in a form that serves both directions:
//   source = source_offset + source_step * position + source_tap_step * tap
//   result = result_offset + result_step * position
//   weight = first_tap + tap_step * tap, for the taps of the phase

#include "floor_division.glsl"

struct Axis {
  int count;
  int source_offset;
  int source_step;
  int source_tap_step;
  int result_offset;
  int result_step;
  int first_tap;
  int taps;
};

// A transposed convolution adds source[i] * weight[k] to result[i * stride - padding + k *
// dilation]; results of one phase (modulo the stride) see every tap_step-th k from first_tap on,
// or none.
Axis axis_of(
  bool transposed, int phase, int kernel, int stride, int dilation, int tap_step, int padding,
  int result_size) {
  if (!transposed) return Axis(result_size, -padding, stride, dilation, 0, 1, 0, kernel);
  int first_tap = kernel;
  for (int k = min(kernel, tap_step) - 1; k >= 0; k--)
    if (modulo(phase + padding - k * dilation, stride) == 0) first_tap = k;
  return Axis(
    floor_division(result_size - phase + stride - 1, stride),
    floor_division(phase + padding - first_tap * dilation, stride), 1,
    -dilation * tap_step / stride, phase, stride, first_tap,
    (kernel - first_tap + tap_step - 1) / tap_step);
}

// Positions of the first phase along one axis.
uint phase_size(int result_size, int phases) { return uint((result_size + phases - 1) / phases); }
