import Tensors

/// How the logarithms of levels rise along bins and along frames, and the phase steps that follow by a
/// ``PhaseGradient``. The twin of `phase_gradient.glsl`.
struct PhaseSlopes {
  private let bins: Int
  /// L[m, k+1] - L[m, k-1], mirrored at both ends.
  private let acrossBins: [Float]
  /// L[m+1, k] - L[m-1, k], around the loop.
  private let acrossFrames: [Float]

  /// - Parameter levels: Magnitudes [M, K], between 2⁻¹⁷ and 1.
  init(frames: Int, bins: Int, levels: UnsafeBufferPointer<Float>) {
    self.bins = bins
    let count = frames * bins
    acrossBins = [Float](unsafeUninitializedCapacity: count) { slopes, initialized in
      for row in stride(from: 0, to: count, by: bins) {
        for bin in 0..<bins {
          let above = bin + 1 < bins ? bin + 1 : max(bin - 1, 0)
          let below = bin > 0 ? bin - 1 : min(bin + 1, bins - 1)
          slopes[row + bin] = Self.logarithm(levels[row + above], over: levels[row + below])
        }
      }
      initialized = count
    }
    acrossFrames = [Float](unsafeUninitializedCapacity: count) { slopes, initialized in
      for place in 0..<count {
        let next = place + bins < count ? place + bins : place + bins - count
        let previous = place >= bins ? place - bins : place - bins + count
        slopes[place] = Self.logarithm(levels[next], over: levels[previous])
      }
      initialized = count
    }
  }

  /// From each bin to the next frame's: the mean slope at both, and the carrier as an integer.
  func timeSteps(_ turns: Float, _ carriers: UnsafeMutablePointer<Float>) -> [UInt32] {
    let count = acrossBins.count
    return acrossBins.indices.map { place in
      let next = place + bins < count ? place + bins : place + bins - count
      let slope = acrossBins[place] + acrossBins[next]
      return PhaseAngle.bits(ofTurns: 0.5 * turns * slope)
        &+ UInt32(carriers[place % bins] * 0x1p32)
    }
  }

  /// From each bin to the next of its frame: the mean slope at both. Nothing is behind a frame's last.
  func frequencySteps(_ turns: Float) -> [UInt32] {
    let last = acrossFrames.count - 1
    return acrossFrames.indices.map { place in
      let slope = acrossFrames[place] + acrossFrames[min(place + 1, last)]
      return PhaseAngle.bits(ofTurns: 0.5 * turns * slope)
    }
  }

  /// log(a / b) of levels: 2 artanh((a - c) / (a + c)) by its series, with c = b times a power of two
  /// near a, so that a - c is exact. A difference of two logarithms would round 8 times as much.
  @inline(__always)
  private static func logarithm(_ a: Float, over b: Float) -> Float {
    let pattern = Int32(bitPattern: b.bitPattern)
    let exponent = (Int32(bitPattern: a.bitPattern) - pattern + 0x40_0000) >> 23
    let c = Float(bitPattern: UInt32(bitPattern: pattern + exponent << 23))
    let s = ReproducibleMath.moderateQuotient(a - c, a + c)
    let z = s * s
    let series: Float = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11))))
    return Float(exponent) * 0.693_147_2 + 2 * (s + s * z * series)
  }
}
