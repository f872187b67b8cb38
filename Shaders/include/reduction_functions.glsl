// The functions of Sources/Tensors/Operations/{Sum,MaximumOverAxes}.swift, by code.
// FUNCTION is a specialization constant, so that only one case is left in a pipeline.

float combine(float a, float b) {
  if (FUNCTION == 0) return a + b;
  return b > a || isnan(b) ? b : a;
}
