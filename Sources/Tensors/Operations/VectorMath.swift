// Eight floats at a time, without branches, so that a loop over them stays in vector registers.
// Multiplications and additions are written apart: a fused one would be a library call per lane
// on processors that the default target does not assume.

/// e^x. **Accuracy** 2 units in the last place; overflows to infinity, underflows through
/// denormal numbers to 0, keeps NaN. Argument reduction x = n·ln 2 + r and the degree-7 polynomial
/// of Moshier's Cephes library.
@inline(__always)
func vectorExp(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let clamped = clamp(x, -104, 89)
  // Adding 1.5·2²³ rounds to an integer, which then sits in the low bits.
  let shifted = clamped * 1.442695041 + 12_582_912
  let n = shifted - 12_582_912
  let r = (clamped - n * 0.693359375) - n * -2.12194440e-4
  let y = exponentialTail(r) * (r * r) + r + 1
  // 2^n in two factors, so that neither leaves the exponent's range.
  let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000
  let half = exponent &>> 1
  let scaled = y * powerOfTwo(half) * powerOfTwo(exponent &- half)
  return scaled.replacing(with: x, where: x .!= x)
}

/// (e^x - 1 - x) / x² for |x| <= 1/2.
@inline(__always)
private func exponentialTail(_ x: SIMD8<Float>) -> SIMD8<Float> {
  var p = x * 1.9875691500e-4 + 1.3981999507e-3
  p = p * x + 8.3334519073e-3
  p = p * x + 4.1665795894e-2
  p = p * x + 1.6666665459e-1
  return p * x + 5.0000001201e-1
}

/// e^x - 1 for x <= 0; keeps -0. Near 0, where the difference would lose digits, the polynomial
/// alone. **Accuracy** 2e-7, relative.
@inline(__always)
func vectorExpMinus1(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let far = vectorExp(clamp(x, -104, 0)) - 1
  let near = x * (exponentialTail(x) * x + 1)
  return far.replacing(with: near, where: x .> -0.5)
}

/// Bounds every lane. NaN becomes the lower bound: callers restore it.
@inline(__always)
func clamp(_ x: SIMD8<Float>, _ lower: Float, _ upper: Float) -> SIMD8<Float> {
  let low = SIMD8<Float>(repeating: lower)
  let high = SIMD8<Float>(repeating: upper)
  let raised = x.replacing(with: low, where: .!(x .>= low))
  return raised.replacing(with: high, where: raised .> high)
}

@inline(__always)
private func powerOfTwo(_ exponent: SIMD8<Int32>) -> SIMD8<Float> {
  unsafeBitCast((exponent &+ 127) &<< 23, to: SIMD8<Float>.self)
}

/// 1 / (1 + e^-x) without overflow on either side.
@inline(__always)
func vectorSigmoid(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let e = vectorExp(-abs8(x))
  let positive = 1 / (1 + e)
  return positive.replacing(with: e * positive, where: x .< 0)
}

/// tanh x as (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x. Near 0, where the difference would
/// lose digits, the odd polynomial of Moshier's Cephes library. **Accuracy** 2e-7, relative.
@inline(__always)
func vectorTanh(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let e = vectorExp(abs8(x) * -2)
  let magnitude = (1 - e) / (1 + e)
  let far = magnitude.replacing(with: -magnitude, where: x .< 0)
  let z = x * x
  var p = z * -5.70498872745e-3 + 2.06390887954e-2
  p = p * z - 5.37397155531e-2
  p = p * z + 1.33314422036e-1
  p = p * z - 3.33332819422e-1
  let near = x * (p * z + 1)
  return far.replacing(with: near, where: abs8(x) .< 0.625)
}

@inline(__always)
func abs8(_ x: SIMD8<Float>) -> SIMD8<Float> {
  unsafeBitCast(
    unsafeBitCast(x, to: SIMD8<UInt32>.self) & 0x7FFF_FFFF, to: SIMD8<Float>.self)
}

/// Applies a scalar function to every lane.
@inline(__always)
func eachLane(_ x: SIMD8<Float>, _ function: (Float) -> Float) -> SIMD8<Float> {
  var y = SIMD8<Float>()
  for lane in 0..<8 { y[lane] = function(x[lane]) }
  return y
}
