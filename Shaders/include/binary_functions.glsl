// The functions of Sources/Tensors/Operations/Arithmetic.swift, by code.
// The function is a specialization constant, so that only one case is left in a pipeline.

#include "reproducible.glsl"

float binary_value(uint function, float a, float b) {
  switch (function) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return quotient(a, b);
    case 4: return b > a || isnan(b) ? b : a;
    case 5: return b < a || isnan(b) ? b : a;
    case 6: return a > b ? 1.0 : 0.0;
  }
  return 0.0;
}
