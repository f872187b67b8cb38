package import SpectralAudio

/// A break fitted to the grid and cut into sixteenths.
///
/// The sound is resampled so that a sixteenth has `samplesPerSixteenth` samples (varispeed: pitch
/// moves with tempo, as on a sampler). Each slice starts at its line of the grid, snapped to the
/// onset within ±22 ms if there is one.
package struct SlicedBreak: Sendable {
  package let name: String
  /// What the randomizer mixes into its seed.
  package let seed: UInt64
  /// One pass of the break; it is read around its end.
  package let samples: [Float]
  package let sampleRate: Double
  package let samplesPerSixteenth: Double
  /// Where each sixteenth starts, in samples; may lie just before 0 or after the end.
  package let starts: [Int]
  /// The sixteenth that serves as ghost note: the loudest backbeat.
  package let snare: Int
  /// The sixteenth with the most lasting high frequencies.
  package let crash: Int

  /// Sixteenths of the break.
  package var count: Int { starts.count }

  package init(
    _ source: BreakSource, settings: SpectrogramSettings
  ) throws(TrainingDataError) {
    name = source.name
    seed = source.seed
    sampleRate = settings.sampleRate
    samplesPerSixteenth = settings.samplesPerSixteenth
    let count = max(1, Int((16 * source.tempo.bars).rounded()))
    let length = Int((Double(count) * samplesPerSixteenth).rounded())
    guard length <= 1 << 26 else {
      throw TrainingDataError(
        .tooLong, "\(source.name): \(count) sixteenths are \(length) samples on this grid",
        remedy: "cut it into shorter loops")
    }
    samples = try source.waveform.resampledSamples(count: length, isLoop: true)
    let detector = OnsetDetector(samples: samples, sampleRate: sampleRate)
    let sixteenth = samplesPerSixteenth
    let reach = min(Int(0.022 * sampleRate), Int(sixteenth / 4))
    starts = (0..<count).map { index in
      let line = Int((Double(index) * sixteenth).rounded())
      return detector.onset(near: line, within: reach) ?? line
    }
    let loudness = starts.map { detector.energy($0, Int(sixteenth)) }
    let lasting = starts.map {
      detector.brightness($0 + Int(0.4 * sixteenth), Int(0.6 * sixteenth))
    }
    let backbeats = (0..<count).filter { $0 % 8 == 4 }
    let candidates = backbeats.isEmpty ? Array(0..<count) : backbeats
    snare = candidates.max { loudness[$0] < loudness[$1] } ?? 0
    crash = (0..<count).max { lasting[$0] < lasting[$1] } ?? 0
  }
}
