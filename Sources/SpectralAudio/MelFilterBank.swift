/// Triangles that gather the bins of a power spectrum into mel bands.
///
/// Band `i` rises from `f[i]` to its centre `f[i + 1]` and falls to `f[i + 2]`, where `f` are
/// ``frequencies``, equally spaced on the mel scale. For `.slaney` and `.none` the weights are
/// those of librosa 0.11. For `.wide`, with `d` the distance of two bins,
///
///     w[i, b] = max(0, min(1 - (f[i+1] - b) / max(f[i+1] - f[i], d),
///                          1 - (b - f[i+1]) / max(f[i+2] - f[i+1], d)))
///
/// and every row is divided by its sum.
///
/// - Note: computed in Double, stored as Float.
public struct MelFilterBank: Sendable, Hashable {
  /// Rows: mel bands, lowest first.
  public let bands: Int
  /// Columns: Fourier bins, `fftSize / 2 + 1`.
  public let bins: Int
  /// The weights, row-major: `[bands, bins]`.
  public let weights: [Float]
  /// The columns of each row outside which it is zero; empty for an empty row.
  public let support: [Range<Int>]
  /// The `bands + 2` edges and centres in Hz.
  public let frequencies: [Double]

  /// The bank of spectrogram settings.
  public init(_ settings: SpectrogramSettings) {
    self.init(
      sampleRate: settings.sampleRate, fftSize: settings.fftSize, bands: settings.bands,
      minimumFrequency: settings.minimumFrequency, maximumFrequency: settings.maximumFrequency,
      melScale: settings.melScale, normalization: settings.filterNormalization)
  }

  /// A bank of `bands` triangles between two frequencies in Hz.
  public init(
    sampleRate: Double, fftSize: Int, bands: Int, minimumFrequency: Double,
    maximumFrequency: Double, melScale: SpectrogramSettings.MelScale,
    normalization: SpectrogramSettings.FilterNormalization
  ) {
    precondition(
      bands > 0 && fftSize > 0 && minimumFrequency < maximumFrequency,
      "MelFilterBank: \(bands) bands, \(minimumFrequency)...\(maximumFrequency) Hz, N \(fftSize)")
    let bins = fftSize / 2 + 1
    let spacing = sampleRate / Double(fftSize)
    let frequencies = melScale.frequencies(
      count: bands + 2, from: minimumFrequency, to: maximumFrequency)
    var weights = [Float](repeating: 0, count: bands * bins)
    var support: [Range<Int>] = []
    for band in 0..<bands {
      let row = Self.row(
        low: frequencies[band], centre: frequencies[band + 1], high: frequencies[band + 2],
        spacing: spacing, bins: bins, normalization: normalization)
      for (offset, weight) in row.values.enumerated() {
        weights[band * bins + row.first + offset] = Float(weight)
      }
      support.append(row.first..<row.first + row.values.count)
    }
    self.bands = bands
    self.bins = bins
    self.weights = weights
    self.support = support
    self.frequencies = frequencies
  }

  /// The non-zero part of one triangle.
  private static func row(
    low: Double, centre: Double, high: Double, spacing: Double, bins: Int,
    normalization: SpectrogramSettings.FilterNormalization
  ) -> (first: Int, values: [Double]) {
    let floor = normalization == .wide ? spacing : 0
    let rise = max(centre - low, floor)
    let fall = max(high - centre, floor)
    var first = 0
    var values: [Double] = []
    for bin in 0..<bins {
      let frequency = Double(bin) * spacing
      let weight = min(1 - (centre - frequency) / rise, 1 - (frequency - centre) / fall)
      guard weight > 0 else {
        if values.isEmpty { continue } else { break }
      }
      if values.isEmpty { first = bin }
      values.append(weight)
    }
    switch normalization {
    case .wide:
      let sum = values.reduce(0, +)
      return (first, values.map { $0 / sum })
    case .slaney:
      return (first, values.map { $0 * 2 / (high - low) })
    case .none:
      return (first, values)
    }
  }
}
