package import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How near a loop's picture is to another's, in the amplitudes A = √P of its bands and in decibels.
package struct PictureComparison: Sendable, Hashable {
  /// 20 log10 (‖A' - A‖ / ‖A‖), at least -120 dB; lower is nearer.
  package let spectralConvergence: Double
  /// √ mean (level' - level)², in dB.
  package let logMagnitudeDistance: Double
  /// mean (level' - level)², levels being 0...1.
  package let squaredError: Double

  /// Compares a picture with an original; levels beyond 0...1 count as 0 and 1.
  package init(of picture: [Float], with original: [Float], _ settings: SpectrogramSettings) {
    precondition(
      picture.count == original.count,
      "PictureComparison: \(picture.count) levels with \(original.count)")
    // Amplitudes relative to level 1: the reference cancels.
    let slope = Float(settings.dynamicRange * 0.115_129_254_65)
    var (error, norm, squares) = (0.0, 0.0, 0.0)
    for (level, expected) in zip(picture, original) {
      let (level, expected) = (min(1, max(0, level)), min(1, max(0, expected)))
      let difference = Double(level - expected)
      squares += difference * difference
      let amplitude = expf(slope * (level - 1))
      let wanted = expf(slope * (expected - 1))
      error += Double(amplitude - wanted) * Double(amplitude - wanted)
      norm += Double(wanted) * Double(wanted)
    }
    squaredError = squares / Double(max(1, picture.count))
    spectralConvergence = max(-120, 10 * log10(max(error, 1e-300) / max(norm, 1e-300)))
    logMagnitudeDistance = settings.dynamicRange * squaredError.squareRoot()
  }
}
