package import SpectralAudio

/// A break fitted to the grid and cut into sixteenths of `samplesPerSixteenth` samples.
///
/// With the default ``BreakFitting`` the sound is resampled as a whole (varispeed: pitch moves with
/// tempo, as on a sampler), and each slice starts at its line of the grid, snapped to the onset
/// within ±22 ms if there is one. `Fit.stretch` keeps the pitch; `Slice.onset` moves every onset to
/// its line.
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
    _ source: BreakSource, settings: SpectrogramSettings, fitting: BreakFitting = BreakFitting()
  ) throws(TrainingDataError) {
    try Self.check(source, settings)
    name = source.name
    seed = source.seed
    sampleRate = settings.sampleRate
    samplesPerSixteenth = settings.samplesPerSixteenth
    let sixteenth = samplesPerSixteenth
    let count = Self.sixteenthCount(source)
    let lines = (0...count).map { Int((Double($0) * sixteenth).rounded()) }
    let sound = try source.waveform
    samples = try Self.fitted(sound, to: lines, fitting: fitting, rate: settings.sampleRate)
    let detector = OnsetDetector(samples: samples, sampleRate: sampleRate)
    let reach = min(Int(0.022 * sampleRate), Int(sixteenth / 4))
    starts = lines.dropLast().map { line in
      guard fitting.slice == .grid else { return line }
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

  /// Sixteenths of a break.
  static func sixteenthCount(_ source: BreakSource) -> Int {
    max(1, Int((16 * source.tempo.bars).rounded()))
  }

  /// Refuses, before any work is done, what cannot be fitted.
  static func check(
    _ source: BreakSource, _ settings: SpectrogramSettings
  ) throws(TrainingDataError) {
    let count = sixteenthCount(source)
    let length = Double(count) * settings.samplesPerSixteenth
    guard length <= 0x1p26 else {
      throw TrainingDataError(
        .tooLong,
        "\(source.path ?? source.name): \(count) sixteenths are "
          + "\(length.rounded(places: 0)) samples on this grid",
        remedy: "cut it into shorter loops")
    }
    let ratios = [
      length / (source.tempo.duration * source.sampleRate),
      settings.sampleRate / source.sampleRate,
    ]
    guard ratios.allSatisfy({ (1.0 / 200...200).contains($0) }) else {
      throw TrainingDataError(
        .invalidSettings,
        "\(source.path ?? source.name): \(source.tempo.description), is too far from "
          + "\(settings.beatsPerMinute.rounded(places: 2)) bpm at "
          + "\(settings.sampleRate.rounded(places: 0)) Hz",
        remedy: "give the right tempo or bars")
    }
  }

  /// One pass of the break, as long as the last line says.
  private static func fitted(
    _ sound: Waveform, to lines: [Int], fitting: BreakFitting, rate: Double
  ) throws(TrainingDataError) -> [Float] {
    let length = lines[lines.count - 1]
    guard fitting != BreakFitting() else {
      return try sound.resampledSamples(count: length, isLoop: true)
    }
    // Where pitch stays, the sound's own tempo is kept until the pieces are stretched.
    let source =
      fitting.fit == .repitch
      ? try sound.resampledSamples(count: length, isLoop: true)
      : try sound.resampled(toRate: rate, isLoop: true).samples
    let scale = Double(length) / Double(source.count)
    let sixteenth = Double(length) / Double(lines.count - 1)
    let onsets = OnsetDetector(samples: source, sampleRate: rate).onsets(
      apart: Int(0.45 * sixteenth / scale))
    let targets = onsets.map { Int((Double($0) * scale).rounded()) }
    let warp = LoopWarp(samples: source, rate: rate, length: length, fit: fitting.fit)
    guard fitting.slice == .onset else {
      return warp.samples(moving: Array(zip(onsets, targets)))
    }
    var taken: [Int: (from: Int, distance: Int)] = [:]
    for (onset, target) in zip(onsets, targets) {
      let nearest = Int((Double(target) / sixteenth).rounded())
      let distance = abs(target - lines[nearest])
      // Two at one line: the nearer one is moved, the other stays where it falls.
      if let other = taken[nearest % (lines.count - 1)], other.distance <= distance { continue }
      let from = nearest == lines.count - 1 ? onset - source.count : onset
      taken[nearest % (lines.count - 1)] = (from, distance)
    }
    let moves = taken.sorted { $0.key < $1.key }.map { ($0.value.from, lines[$0.key]) }
    return warp.samples(moving: moves)
  }
}
