/// Division by additions, multiplications and integer operations: the same bits on every processor and, in
/// reproducible kernels, on every GPU. The twin of `Shaders/include/reproducible.glsl`, for operations whose
/// CPU side is written in Swift. Accurate to 2 units in the last place, but for subnormal
/// numbers.
package enum ReproducibleMath {
  /// 1 / x for 2⁻⁶⁴ ≤ x ≤ 2⁶⁴: an estimate by the bits and four of Newton's steps, the last of which adds
  /// what is missing, so that powers of two are exact.
  @inline(__always)
  package static func moderateReciprocal(_ x: Float) -> Float {
    var y = Float(bitPattern: 0x7EF3_11C7 &- x.bitPattern)
    for _ in 0..<3 { y = y * (2 - x * y) }
    return y + y * (1 - x * y)
  }

  /// a / b for 2⁻⁶⁴ ≤ b ≤ 2⁶⁴.
  @inline(__always)
  package static func moderateQuotient(_ a: Float, _ b: Float) -> Float {
    a * moderateReciprocal(b)
  }

  /// a / b for b ≥ 0.
  package static func quotient(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    let one = SIMD8<Float>(repeating: 1)
    let scale = one.replacing(with: 0x1p64, where: b .< 0x1p-64)
      .replacing(with: 0x1p-64, where: b .> 0x1p64)
    let x = b * scale
    var y = unsafeBitCast(
      SIMD8<UInt32>(repeating: 0x7EF3_11C7) &- unsafeBitCast(x, to: SIMD8<UInt32>.self),
      to: SIMD8<Float>.self)
    for _ in 0..<3 { y = y * (2 - x * y) }
    y = y + y * (1 - x * y)
    y = y.replacing(with: 0, where: b .> .greatestFiniteMagnitude)
      .replacing(with: .infinity, where: b .== 0)
    return a * scale * y
  }

  /// a / b for b ≥ 0.
  package static func quotient(_ a: Float, _ b: Float) -> Float {
    quotient(SIMD8(repeating: a), SIMD8(repeating: b))[0]
  }
}
