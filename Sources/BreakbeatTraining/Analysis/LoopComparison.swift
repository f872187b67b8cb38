package import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Numbers for how near a loop sounds to an original of as many frames.
///
/// Both are analysed with the same window, the compared loop with a hop of its own, so that loops of
/// another tempo have the same frames.
package struct LoopComparison {
  private let analyzer: SpectrogramAnalyzer
  private let magnitudes: [Float]
  private let onsets: [Float]

  /// Comparisons with an original.
  ///
  /// - Parameters:
  ///   - original: The loop, `settings.loopSampleCount` samples.
  ///   - settings: How it is analysed.
  ///   - hop: The hop of the loops to compare; `nil` for that of the settings.
  package init(
    with original: [Float], settings: SpectrogramSettings, hop: Int? = nil
  ) throws(TrainingDataError) {
    let analyzer = try SpectrogramAnalyzer(settings: settings)
    magnitudes = analyzer.magnitudes(of: original)
    onsets = Self.onsetEnvelope(analyzer.image(of: original), settings)
    var compared = settings
    compared.hop = hop ?? settings.hop
    self.analyzer = try SpectrogramAnalyzer(settings: compared)
  }

  /// Spectral convergence in decibels: 20 log10 (‖|X'| - |X|‖ / ‖|X|‖) over all frames and bins, X
  /// the spectrum of the original and X' that of the loop. Lower is nearer; infinite where the
  /// original is silent.
  package func spectralConvergence(of loop: [Float]) -> Double {
    var error = 0.0
    var norm = 0.0
    for (value, expected) in zip(analyzer.magnitudes(of: loop), magnitudes) {
      error += Double(value - expected) * Double(value - expected)
      norm += Double(expected) * Double(expected)
    }
    return norm > 0 ? decibels(error / norm) : error > 0 ? .infinity : -.infinity
  }

  /// Pearson's correlation of the onset envelopes, 1 for the same rhythm; 0 where one of them is
  /// constant.
  package func onsetCorrelation(of loop: [Float]) -> Double {
    let other = Self.onsetEnvelope(analyzer.image(of: loop), analyzer.settings)
    let count = Double(onsets.count)
    let meanA = onsets.reduce(0) { $0 + Double($1) } / count
    let meanB = other.reduce(0) { $0 + Double($1) } / count
    var (product, squareA, squareB) = (0.0, 0.0, 0.0)
    for (a, b) in zip(onsets, other) {
      let (a, b) = (Double(a) - meanA, Double(b) - meanB)
      product += a * b
      squareA += a * a
      squareB += b * b
    }
    return squareA > 0 && squareB > 0 ? product / (squareA * squareB).squareRoot() : 0
  }

  /// o[m] = mean over bands of max(0, I[band, m] - I[band, m - 1]), around the loop: how much the
  /// log-mel picture I brightens from frame to frame.
  static func onsetEnvelope(_ image: [Float], _ settings: SpectrogramSettings) -> [Float] {
    let frames = settings.frames
    var envelope = [Float](repeating: 0, count: frames)
    for band in 0..<settings.bands {
      for frame in 0..<frames {
        let before = image[band * frames + (frame + frames - 1) % frames]
        envelope[frame] += max(0, image[band * frames + frame] - before)
      }
    }
    return envelope.map { $0 / Float(settings.bands) }
  }
}

extension SpectrogramAnalyzer {
  /// |X| of a loop, row-major `[bins, frames]`.
  package func magnitudes(of samples: [Float]) -> [Float] {
    let spectrum = spectrum(of: samples)
    return zip(spectrum.real, spectrum.imaginary).map { ($0 * $0 + $1 * $1).squareRoot() }
  }
}

/// Power in decibels.
func decibels(_ power: Double) -> Double { 10 * log10(power) }
