// The functions of Sources/Tensors/Operations/{PointwiseFunctions,Activations}.swift, by code.
// The function is a specialization constant, so that only one case is left in a pipeline.

#include "reproducible.glsl"

float sigmoid_of(float x) {
  float e = exponential_of(-abs(x));
  float positive = moderate_reciprocal(1.0 + e);
  return x < 0.0 ? e * positive : positive;
}

// Near 0, where 1 - e would lose digits, the odd polynomial of Moshier's Cephes library.
float tanh_of(float x) {
  float e = exponential_of(-2.0 * abs(x));
  float magnitude = moderate_quotient(1.0 - e, 1.0 + e);
  float z = x * x;
  float p = z * -5.70498872745e-3 + 2.06390887954e-2;
  p = p * z - 5.37397155531e-2;
  p = p * z + 1.33314422036e-1;
  p = p * z - 3.33332819422e-1;
  float near = x * (p * z + 1.0);
  return abs(x) < 0.625 ? near : x < 0.0 ? -magnitude : magnitude;
}

// e^x - 1 for x <= 0. Near 0, where the difference would lose digits, Cephes' polynomial of e^x.
float exp_minus_1(float x) {
  float p = x * 1.9875691500e-4 + 1.3981999507e-3;
  p = p * x + 8.3334519073e-3;
  p = p * x + 4.1665795894e-2;
  p = p * x + 1.6666665459e-1;
  p = p * x + 5.0000001201e-1;
  float near = x * (p * x + 1.0);
  return x > -0.5 ? near : exp(x) - 1.0;
}

// ln(1 + e) for e in 0...1, as 2 artanh(s) with s = e / (2 + e): 1 + e would lose the digits of a
// small e, and devices have few of a logarithm near 1. The polynomial is fitted for s <= 1/3.
float log_1_plus(float e) {
  float s = e / (2.0 + e);
  float z = s * s;
  float p = z * 1.400599480e-1 + 1.400090307e-1;
  p = p * z + 2.001076341e-1;
  p = p * z + 3.333320916e-1;
  float twice = s + s;
  return twice * (p * z) + twice;
}

// The normal distribution function, 1/2 erfc(-x/√2): Numerical Recipes' Chebyshev fit of erfc,
// relative error below 1.2e-7.
float normal_distribution(float x) {
  float z = abs(x) * 0.70710678;
  float t = 1.0 / (1.0 + 0.5 * z);
  float p = 0.17087277;
  p = p * t - 0.82215223;
  p = p * t + 1.48851587;
  p = p * t - 1.13520398;
  p = p * t + 0.27886807;
  p = p * t - 0.18628806;
  p = p * t + 0.09678418;
  p = p * t + 0.37409196;
  p = p * t + 1.00002368;
  float tail = 0.5 * t * exp(-z * z - 1.26551223 + t * p);
  return x < 0.0 ? tail : 1.0 - tail;
}

float gelu_inner(float x) { return 0.797884561 * (x + 0.044715 * x * x * x); }

float pointwise_value(uint function, float x, float first, float second) {
  switch (function) {
    case 0: return first * x + second;
    case 1: return exponential_of(x);
    case 2: return logarithm_of(x);
    case 3: return root_of(x);
    case 4: return x * x;
    case 5: return abs(x);
    case 6: return reciprocal_of(x);
    case 7: return x < first ? first : x > second ? second : x;
    // 0 times an infinity would be no number.
    case 8: return x <= 0.0 ? (first == 0.0 ? 0.0 : first * x) : x;
    case 9: return sigmoid_of(x);
    case 10: return x * sigmoid_of(x);
    case 11: return tanh_of(x);
    case 12: return x * normal_distribution(x);
    case 13: return 0.5 * x * (1.0 + tanh_of(gelu_inner(x)));
    case 14: return x <= 0.0 ? first * exp_minus_1(x) : x;
    case 15: return max(x, 0.0) + log_1_plus(exp(-abs(x)));
  }
  return 0.0;
}

float pointwise_derivative(uint function, float x, float first, float second) {
  switch (function) {
    case 0: return first;
    case 1: return exp(x);
    case 2: return 1.0 / x;
    case 3: return 0.5 / sqrt(x);
    case 4: return 2.0 * x;
    case 5: return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0;
    case 6: return -1.0 / (x * x);
    case 7: return x > first && x < second ? 1.0 : 0.0;
    case 8: return x <= 0.0 ? first : 1.0;
    case 9: { float s = sigmoid_of(x); return s * (1.0 - s); }
    case 10: { float s = sigmoid_of(x); return s * (1.0 + x * (1.0 - s)); }
    case 11: { float t = tanh_of(x); return 1.0 - t * t; }
    case 12: return normal_distribution(x) + x * exp(-0.5 * x * x) * 0.39894228;
    case 13: {
      float t = tanh_of(gelu_inner(x));
      // Far out 1 - t² is 0 while the slope overflows; their product must stay 0.
      float bend = abs(x) > 10.0 ? 0.0
        : x * 0.797884561 * (1.0 + 3.0 * 0.044715 * x * x) * (1.0 - t * t);
      return 0.5 * (1.0 + t) + 0.5 * bend;
    }
    case 14: return x <= 0.0 ? first * exp(x) : 1.0;
    case 15: return sigmoid_of(x);
  }
  return 0.0;
}

// The derivative times an upstream gradient. Of functions that are constant somewhere (clamp, ReLU)
// it is 0 there, whatever the gradient is.
float pointwise_gradient(uint function, float x, float upstream, float first, float second) {
  float slope = pointwise_derivative(function, x, first, second);
  return slope == 0.0 && (function == 7 || function == 8) ? 0.0 : slope * upstream;
}
