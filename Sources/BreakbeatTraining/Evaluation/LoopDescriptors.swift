package import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A few numbers about a loop that a person can hear, measured of its picture. Formulas:
/// `Docs/Evaluation.md`.
package struct LoopDescriptors: Sendable, Hashable {
  /// Names and units, in the order of ``values``.
  package static let all: [(name: String, unit: String)] = [
    ("onset density", "onsets per bar"), ("brightness", "of the scale"), ("loudness", "dB"),
    ("low-high balance", "dB"), ("syncopation", "of the onsets"), ("sharpness", "dB per frame"),
  ]

  /// The numbers.
  package let values: [Double]

  /// Measures a picture, `[bands, frames]`; levels beyond 0...1 count as 0 and 1.
  package init(_ levels: [Float], _ settings: SpectrogramSettings) {
    precondition(
      levels.count == settings.pixelCount,
      "LoopDescriptors: \(levels.count) levels for \(settings.bands) x \(settings.frames)")
    let levels = levels.map { min(1, max(0, $0)) }
    let onsets = OnsetCurve(levels, settings)
    let (bands, frames) = (settings.bands, settings.frames)
    let range = settings.dynamicRange
    var bandSums = [Double](repeating: 0, count: bands)
    var power = 0.0
    var movement = 0.0
    for band in 0..<bands {
      var previous = levels[band * frames + frames - 1]
      for frame in 0..<frames {
        let level = levels[band * frames + frame]
        bandSums[band] += Double(level)
        power += Double(expf((level - 1) * Float(range * 0.230_258_509_3)))
        movement += Double(abs(level - previous))
        previous = level
      }
    }
    let sum = bandSums.reduce(0, +)
    let weighted = bandSums.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
    let third = max(1, bands / 3)
    let mean = { (part: ArraySlice<Double>) in
      part.reduce(0, +) / Double(part.count * frames) * range
    }
    values = [
      Double(onsets.peaks.count) / settings.bars,
      sum > 0 ? weighted / sum / Double(max(1, bands - 1)) : 0,
      settings.referenceLevel + 10 * log10(max(power / Double(frames), 1e-30)),
      mean(bandSums.prefix(third)) - mean(bandSums.suffix(third)),
      onsets.offbeatShare,
      movement / Double(bands * frames) * range,
    ]
  }
}
