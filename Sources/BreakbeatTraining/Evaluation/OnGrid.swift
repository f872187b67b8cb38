package import SpectralAudio

/// How many of a loop's onsets fall on the grid: within an eighth of a sixteenth of a line.
package struct OnGrid: Sendable, Hashable {
  /// Onsets near a sixteenth.
  package var hits: Int
  /// All onsets.
  package var count: Int

  /// Counts onsets given in samples.
  package init(onsets: [Int], samplesPerSixteenth: Double) {
    count = onsets.count
    hits = onsets.count { onset in
      let position = Double(onset) / samplesPerSixteenth
      return abs(position - position.rounded()) <= 0.125
    }
  }

  /// Counts the onsets of a loop, at least a quarter of a sixteenth apart.
  package init(of loop: Waveform, _ settings: SpectrogramSettings) {
    let detector = OnsetDetector(samples: loop.samples, sampleRate: loop.sampleRate)
    let sixteenth = settings.samplesPerSixteenth * loop.sampleRate / settings.sampleRate
    self.init(
      onsets: detector.onsets(apart: max(1, Int(sixteenth / 4))), samplesPerSixteenth: sixteenth)
  }

  /// The fraction over many loops; `nil` where nothing starts.
  package static func fraction(of loops: [OnGrid]) -> Double? {
    let count = loops.reduce(0) { $0 + $1.count }
    return count > 0 ? Double(loops.reduce(0) { $0 + $1.hits }) / Double(count) : nil
  }
}

extension LoopSeam {
  /// The jump at the seam as a multiple of the 99.9th percentile of inner jumps: at most about 1
  /// for a loop that repeats without a click; 0 for silence.
  public var index: Double {
    innerJump > 0 ? Double(jump) / Double(innerJump) : jump > 0 ? .greatestFiniteMagnitude : 0
  }
}
