package import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Band power to 8 bits, `round(255 clamp(1 + (10 log10 P - reference) / range, 0, 1))`, without a
/// logarithm per pixel.
///
/// The power of each step between two shades is computed once, in Double. A pixel is looked up by
/// the first 16 bits of its power, which pin it down to 0.034 dB, and compared with the one step that
/// may lie there: fast, and the same on every machine.
package struct PixelScale: Sendable {
  /// The least power of each shade from 1 on; beyond the last, infinity.
  private let steps: [Float]
  /// The shade of the least power with the same first 16 bits.
  private let shades: [UInt8]

  package init(_ settings: SpectrogramSettings) {
    let shadeStep = settings.dynamicRange / 255
    let steps = (1...255).map { shade -> Float in
      // Where the picture's level is half a shade below.
      let level =
        settings.referenceLevel - settings.dynamicRange
        + (Double(shade) - 0.5) * shadeStep
      return Float(pow(10, level / 10))
    }
    self.steps = steps + [.infinity]
    var shade = 0
    shades = (0..<1 << 15).map { high in
      let least = Float(bitPattern: UInt32(high) << 16)
      while shade < 255, steps[shade] <= least { shade += 1 }
      return UInt8(shade)
    }
  }

  /// The shade of a power that is not negative.
  package func shade(_ power: Float) -> UInt8 {
    var shade = shades[Int(power.bitPattern >> 16 & 0x7FFF)]
    // Dynamic ranges below some 9 dB have more than one step to a cell.
    while shade < 255, power >= steps[Int(shade)] { shade += 1 }
    return shade
  }

  /// The shades of a picture.
  func shades(_ power: [Float]) -> [UInt8] { power.map(shade) }
}
