// Phase steps from bin to bin by PhaseGradient, of the levels of one item that begin at
// `first_level`. Expects buffers `levels`, `carriers`, TURNS_ALONG_TIME, phase_tree.glsl and
// phase_angle.glsl; for steps along frequency TURNS_ALONG_FREQUENCY.

#include "reproducible.glsl"

// log(a / b) of levels: 2 artanh((a - c) / (a + c)) by its series, with c = b times a power of two
// near a, so that a - c is exact. A difference of two logarithms would round 8 times as much.
float log_of_ratio(float a, float b) {
  int pattern = int(floatBitsToUint(b));
  int exponent = (int(floatBitsToUint(a)) - pattern + 0x400000) >> 23;
  float c = uintBitsToFloat(uint(pattern + exponent * 0x800000));
  float s = moderate_quotient(a - c, a + c);
  float z = s * s;
  float series = 0.14285715 + z * (0.11111111 + z * 0.09090909);
  series = 0.33333334 + z * (0.2 + z * series);
  return float(exponent) * 0.6931472 + 2.0 * (s + s * z * series);
}

float across_bins(uint first_level, uint place) {
  uint bin = place % constants.bins;
  uint above = bin + 1 < constants.bins ? place + 1 : place - 1;
  uint below = bin > 0 ? place - 1 : place + 1;
  return log_of_ratio(levels.values[first_level + above], levels.values[first_level + below]);
}

// From a bin to the next frame's: the mean slope at both, and the carrier as an integer.
uint step_in_time(uint first_level, uint place) {
  float slope = across_bins(first_level, place) + across_bins(first_level, next_frame(place));
  uint carrier = uint(carriers.values[place % constants.bins] * 4294967296.0);
  return bits_of_turns(0.5 * TURNS_ALONG_TIME * slope) + carrier;
}

// The phase of a node's second frame minus that of its first.
uint within_node(uint first_level, uint node) {
  return has_second_frame(node) ? step_in_time(first_level, place_of(node)) : 0u;
}

#ifdef STEPS_ALONG_FREQUENCY
float across_frames(uint first_level, uint place) {
  return log_of_ratio(
    levels.values[first_level + next_frame(place)],
    levels.values[first_level + previous_frame(place)]);
}

// From a bin to the next of its frame: the mean slope at both.
uint step_in_frequency(uint first_level, uint place) {
  float slope = across_frames(first_level, place) + across_frames(first_level, place + 1);
  return bits_of_turns(0.5 * TURNS_ALONG_FREQUENCY * slope);
}

// The same from node to node, by way of their second frames.
uint second_step(uint first_level, uint node) {
  return within_node(first_level, node)
    + step_in_frequency(first_level, place_of(node) + constants.bins)
    - within_node(first_level, node + 1);
}
#endif
