#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Colours for the numbers 0...1 whose lightness rises evenly, so that equal steps look equal and
/// a grey print stays readable.
///
/// Computed in Oklab: lightness from 0.08 to 0.97, hue from blue violet through magenta and orange
/// to pale yellow, chroma as far as sRGB allows and no further.
///
/// Source: Ottosson, "A perceptual color space for image processing" (2020).
public struct ColorMap: Sendable, Hashable {
  /// 256 colours of sRGB.
  public let colors: [SIMD3<UInt8>]

  /// Black violet to pale yellow: the default of every picture.
  public static let ember = ColorMap { position in
    let chroma = 0.05 + 0.13 * pow(max(0, sin(.pi * position)), 0.8)
    return (0.08 + 0.89 * position, chroma, (280 + 185 * position) * .pi / 180)
  }

  /// Black to white.
  public static let gray = ColorMap { (0.999 * $0, 0, 0) }

  /// A map from positions 0...1 to lightness, chroma and hue in radians.
  init(_ oklch: (Double) -> (lightness: Double, chroma: Double, hue: Double)) {
    colors = (0..<256).map { index in
      let (lightness, chroma, hue) = oklch(Double(index) / 255)
      return Self.reducedToGamut(lightness, chroma, hue)
    }
  }

  /// The colour with the largest chroma, up to the one wanted, that sRGB can show.
  private static func reducedToGamut(
    _ lightness: Double, _ chroma: Double, _ hue: Double
  ) -> SIMD3<UInt8> {
    var low = 0.0
    var high = isVisible(linearRGB(lightness, chroma, hue)) ? 0 : chroma
    if high == 0 { low = chroma }
    while high - low > 1e-4 {
      let middle = (low + high) / 2
      if isVisible(linearRGB(lightness, middle, hue)) { low = middle } else { high = middle }
    }
    let linear = linearRGB(lightness, low, hue)
    var color = SIMD3<UInt8>()
    for channel in 0..<3 { color[channel] = encoded(linear[channel]) }
    return color
  }

  /// Whether sRGB can show a colour.
  private static func isVisible(_ linear: SIMD3<Double>) -> Bool {
    linear.min() >= -1e-4 && linear.max() <= 1.0001
  }

  /// Oklab in polar form to linear sRGB.
  private static func linearRGB(
    _ lightness: Double, _ chroma: Double, _ hue: Double
  ) -> SIMD3<Double> {
    let a = chroma * cos(hue)
    let b = chroma * sin(hue)
    let long = lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b
    let medium = lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b
    let short = lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b
    let (l, m, s) = (long * long * long, medium * medium * medium, short * short * short)
    return SIMD3(
      4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
      -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
      -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s)
  }

  /// sRGB's transfer function, to 8 bits.
  private static func encoded(_ linear: Double) -> UInt8 {
    let value = min(max(linear, 0), 1)
    let encoded = value <= 0.003_130_8 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    return UInt8((255 * encoded).rounded())
  }
}
