import Tensors

/// The angle of a vector, as a fraction of a turn in 32 bits: the inverse of
/// `NormalNumbers.direction`. The twin of `Shaders/include/phase_angle.glsl`: GLSL promises of `atan`
/// no more than 12 bits.
enum PhaseAngle {
  /// To the nearest turn what a float tells of turns.
  static func bits(ofTurns turns: Float) -> UInt32 {
    let fraction = Swift.min(turns - (turns + 0.5).rounded(.down), 0.5 - 0x1p-25)
    return UInt32(bitPattern: Int32(fraction * 0x1p32))
  }

  /// The angle of (x, y), 0 for the zero vector.
  ///
  /// With t the smaller of |x| and |y| over the larger: arctan(t), from tan(π/8) on as π/4 +
  /// arctan((t - 1)/(t + 1)), by an odd polynomial of degree 9 fitted here (error 1.1e-9 of a turn).
  static func of(_ x: Float, _ y: Float) -> UInt32 {
    let (a, b) = (Swift.abs(x), Swift.abs(y))
    let (small, large) = (Swift.min(a, b), Swift.max(a, b))
    if large == 0 { return 0 }
    let t = ReproducibleMath.quotient(small, large)
    let isNearDiagonal = t > 0.414_213_57
    let u = isNearDiagonal ? ReproducibleMath.moderateQuotient(t - 1, t + 1) : t
    let z = u * u
    let series =
      -0.053_050_79 + z * (0.031_790_25 + z * (-0.022_045_31 + z * 0.012_708_46))
    var turns = 0.159_154_94 * u + u * z * series
    if isNearDiagonal { turns += 0.125 }
    if b > a { turns = 0.25 - turns }
    if x < 0 { turns = 0.5 - turns }
    return bits(ofTurns: y < 0 ? -turns : turns)
  }
}
