// Number, mean and sum of squared deviations of a set of elements, and those of a union
// (Chan, Golub, LeVeque 1979). The twin of Sources/CMatrix/Moments.h.

#include "reproducible.glsl"

struct Moments {
  float count;
  float mean;
  float squares;
};

Moments merged(Moments a, Moments b) {
  if (a.count == 0.0) return b;
  if (b.count == 0.0) return a;
  float count = a.count + b.count;
  float share = moderate_quotient(b.count, count);
  float difference = b.mean - a.mean;
  return Moments(
    count, a.mean + difference * share,
    a.squares + b.squares + difference * difference * a.count * share);
}
