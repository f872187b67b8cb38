public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How power becomes brightness: `clamp(1 + (10 log10 max(P, floor) - reference) / range, 0, 1)`.
public struct PictureLevel: Sendable, Hashable, Codable {
  /// The power, in decibels, that is shown as 1.
  public var reference: Double
  /// Decibels from 0 to 1.
  public var range: Double
  /// The smallest power that is told from silence.
  public var floor: Double

  /// A level.
  public init(reference: Double, range: Double = 80, floor: Double = 1e-10) {
    precondition(range > 0 && floor > 0, "PictureLevel: range \(range) dB, floor \(floor)")
    self.reference = reference
    self.range = range
    self.floor = floor
  }

  /// The level of spectrogram settings.
  public init(_ settings: SpectrogramSettings) {
    self.init(reference: settings.referenceLevel, range: settings.dynamicRange)
  }

  /// `10 log10 max(P, floor)`, any shape.
  public func decibels(of power: Tensor) -> Tensor {
    log(maximum(power, .constant(Float(floor)))) * Float(10 / Self.ln10)
  }

  /// Brightness 0...1 of power, any shape.
  public func picture(of power: Tensor) -> Tensor {
    decibels(of: power)
      .scaled(by: Float(1 / range), plus: Float(1 - reference / range))
      .clamped(to: 0...1)
  }

  /// Power of brightness, any shape; brightness outside 0...1 is clamped first. Black is the lowest
  /// level of the range, not silence.
  public func power(of picture: Tensor) -> Tensor {
    // Small arguments round least: the reference's is 0, and its power a factor.
    let part = exp((picture.clamped(to: 0...1) - 1) * Float(range * Self.ln10 / 10))
    return part * Float(exp(reference * Self.ln10 / 10))
  }

  private static let ln10 = 2.302585092994046
}
