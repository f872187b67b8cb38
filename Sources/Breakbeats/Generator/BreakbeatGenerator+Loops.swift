public import SpectralAudio

extension BreakbeatGenerator {
  /// Draws new loops.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Which; equal seeds give equal loops.
  ///   - temperature: How far from the average loop: 1 as in training, less is tamer.
  ///   - truncation: Draws beyond this many standard deviations are drawn again.
  ///   - iterations: Of phase retrieval; more are cleaner.
  ///   - beatsPerMinute: Another tempo than the model's at the same pitch; the nearest that a whole
  ///     number of samples per frame can have, see ``beatsPerMinute(nearestTo:)``.
  /// - Returns: `count` loops that repeat without a seam, peaks at most 1.
  public func loops(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil,
    iterations: Int = 32, beatsPerMinute: Double? = nil
  ) throws -> [Waveform] {
    try draw(
      count: count, seed: seed, temperature: temperature, truncation: truncation,
      iterations: iterations, beatsPerMinute: beatsPerMinute
    ).map(\.sound)
  }

  /// Draws new loops and keeps their pictures: from latents to sound in one program.
  ///
  /// - Parameters: As for
  ///   ``loops(count:seed:temperature:truncation:iterations:beatsPerMinute:)``.
  public func draw(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil,
    iterations: Int = 32, beatsPerMinute: Double? = nil
  ) throws -> [DrawnLoop] {
    let latents = try sampledLatents(
      count: count, seed: seed, temperature: temperature, truncation: truncation)
    try check(iterations: iterations)
    let options = SpectrogramInverter.Options.decoded.withIterations(iterations)
    let program = try drawer(options, hop: hop(for: beatsPerMinute))
    let settings = configuration.spectrogram
    return try program.runAll(latents).map { results in
      DrawnLoop(
        sound: Waveform(samples: limited(results[0]), sampleRate: settings.sampleRate),
        picture: SpectrogramImage(
          bands: settings.bands, frames: settings.frames, levels: results[1]))
    }
  }

  /// The sound of pictures.
  ///
  /// - Parameters:
  ///   - pictures: As this model decodes them, or made with its spectrogram settings.
  ///   - options: How band levels become spectra; the default suits decoded pictures.
  ///   - iterations: Of phase retrieval.
  ///   - beatsPerMinute: Another tempo than the model's, at the same pitch.
  public func loops(
    of pictures: [SpectrogramImage], options: SpectrogramInverter.Options = .decoded,
    iterations: Int = 32, beatsPerMinute: Double? = nil
  ) throws -> [Waveform] {
    try check(pictures)
    try check(iterations: iterations)
    let hop = try hop(for: beatsPerMinute)
    let program = try inverter(options.withIterations(iterations), hop: hop)
    let rate = configuration.spectrogram.sampleRate
    return try program.run(pictures.map(\.levels)).map {
      Waveform(samples: limited($0), sampleRate: rate)
    }
  }

  /// The tempo that loops asked for at a tempo really have; the model's own for `nil`.
  ///
  /// - Throws: ``BreakbeatError`` for a tempo beyond half or double the model's.
  public nonisolated func beatsPerMinute(nearestTo tempo: Double?) throws -> Double {
    let settings = configuration.spectrogram
    return settings.beatsPerMinute * Double(settings.hop) / Double(try hop(for: tempo))
  }

  private nonisolated func check(iterations: Int) throws {
    guard (0...10_000).contains(iterations) else {
      throw BreakbeatError(.invalidRequest, "\(iterations) iterations; choose 0 to 10000")
    }
  }

  nonisolated func hop(for tempo: Double?) throws -> Int {
    let settings = configuration.spectrogram
    guard let tempo else { return settings.hop }
    let own = settings.beatsPerMinute
    guard (own / 2...own * 2).contains(tempo) else {
      throw BreakbeatError(
        .invalidRequest,
        "a tempo of \(tempo) bpm; this model plays \(Int(own / 2) + 1) to \(Int(own * 2)) bpm")
    }
    return SpectrogramInverter.synthesisHop(for: settings, beatsPerMinute: tempo)
  }
}

/// A loop that a model drew: how it sounds and how it looks.
public struct DrawnLoop: Sendable, Hashable {
  /// The sound, which repeats without a seam.
  public var sound: Waveform
  /// The picture it was made from.
  public var picture: SpectrogramImage
}

/// A loop scaled down to a peak of 1 if it is louder.
private func limited(_ samples: [Float]) -> [Float] {
  let peak = samples.reduce(0) { max($0, abs($1)) }
  guard peak > 1, peak.isFinite else { return samples }
  return samples.map { $0 / peak }
}
