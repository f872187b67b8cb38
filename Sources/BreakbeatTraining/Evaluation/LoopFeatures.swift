package import SpectralAudio

/// Three views of a loop that distributions are compared by, all computed from its picture.
/// Formulas: `Docs/Evaluation.md`.
package struct LoopFeatures: Sendable, Hashable {
  /// Which view.
  package enum View: String, Sendable, CaseIterable {
    /// Mean and spread of the level in sixteen ranges of bands: what it sounds like.
    case timbre
    /// Onsets of low, middle and high bands at each sixteenth of a bar: where hits are.
    case grid
    /// How the onset curve repeats, and how it is distributed: how hits follow each other.
    case onset
  }

  /// The numbers of each view.
  package let values: [View: [Double]]

  /// The features of a picture, `[bands, frames]`; levels beyond 0...1 count as 0 and 1.
  package init(_ levels: [Float], _ settings: SpectrogramSettings) {
    let levels = levels.map { min(1, max(0, $0)) }
    let bands = settings.bands
    let thirds = (0..<3).map { bands * $0 / 3..<bands * ($0 + 1) / 3 }
    let curve = OnsetCurve(levels, settings)
    let (mean, deviation) = (curve.mean, curve.deviation)
    let skewness =
      deviation > 0
      ? curve.values.reduce(0) { sum, value in
        let z = (value - mean) / deviation
        return sum + z * z * z
      } / Double(curve.values.count) : 0
    values = [
      .timbre: Self.timbre(levels, settings),
      .grid: thirds.flatMap { OnsetCurve(levels, settings, bands: $0).bar },
      .onset: curve.autocorrelations(count: 16) + [
        10 * mean, 10 * deviation, skewness / 10,
        Double(curve.peaks.count) / settings.bars / 16,
      ],
    ]
  }

  /// Ranges of bands of the timbre.
  package static let ranges = 16

  private static func timbre(_ levels: [Float], _ settings: SpectrogramSettings) -> [Double] {
    let (bands, frames) = (settings.bands, settings.frames)
    var means: [Double] = []
    var deviations: [Double] = []
    for range in 0..<ranges {
      let first = bands * range / ranges
      let rows = first..<max(bands * (range + 1) / ranges, first + 1)
      var sums = [Double](repeating: 0, count: frames)
      for band in rows {
        for frame in 0..<frames { sums[frame] += Double(levels[band * frames + frame]) }
      }
      let values = sums.map { $0 / Double(rows.count) }
      let mean = values.reduce(0, +) / Double(frames)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      means.append(mean)
      deviations.append((squares / Double(frames)).squareRoot())
    }
    return means + deviations
  }
}
