/// Uniform and normal numbers from random bits, the same on every backend to a few units in the
/// last place. The twin of `Shaders/include/normal_numbers.glsl`.
package enum NormalNumbers {
  /// A multiple of 2^-24 in 0 ..< 1.
  static func uniform(_ bits: UInt32) -> Float { Float(bits >> 8) * 0x1p-24 }

  /// Two independent normal numbers by the method of Box and Muller:
  /// √(-2 log u) · (cos 2πv, sin 2πv).
  static func pair(_ radiusBits: UInt32, _ angleBits: UInt32) -> (Float, Float) {
    let radius = max(-2 * logarithm(radiusBits), 0).squareRoot()
    let (cosine, sine) = direction(angleBits)
    return (radius * cosine, radius * sine)
  }

  /// log(u) for u = (bits / 2^8 + 1) / 2^24: u = f · 2^e with f near 1, then
  /// log(f) = 2 artanh((f - 1) / (f + 1)) by its series.
  private static func logarithm(_ bits: UInt32) -> Float {
    let u = Float((bits >> 8) + 1) * 0x1p-24
    // Adding 2 - √2 to the significand carries into the exponent from √2 on.
    let exponent = Int32((u.bitPattern + 0x004A_FB0D) >> 23) - 127
    let f = Float(bitPattern: u.bitPattern &- UInt32(bitPattern: exponent << 23))
    let s = (f - 1) / (f + 1)
    let z = s * s
    let series = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11))))
    return Float(exponent) * 0.693_147_2 + 2 * (s + s * z * series)
  }

  /// cos and sin of 2π · bits / 2^32, from the nearest quarter turn.
  package static func direction(_ bits: UInt32) -> (Float, Float) {
    let turns = uniform(bits)
    let quarter = (turns * 4 + 0.5).rounded(.down)
    let a = (turns - quarter * 0.25) * 6.283_185_5
    let z = a * a
    let sine = a + a * z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362_880))))
    let cosine =
      1 + z * (-0.5 + z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320 - z * (1 / 3_628_800)))))
    switch Int(quarter) & 3 {
    case 1: return (-sine, cosine)
    case 2: return (-cosine, -sine)
    case 3: return (sine, -cosine)
    default: return (cosine, sine)
    }
  }
}
