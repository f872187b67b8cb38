public import SpectralAudio

extension BreakbeatGenerator {
  /// Draws new loops.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Which; equal seeds give equal loops.
  ///   - temperature: How far from the average loop: 1 as in training, less is tamer.
  ///   - truncation: Draws beyond this many standard deviations are drawn again.
  ///   - bpm: Another tempo than the model's at the same pitch; the nearest that a whole number of
  ///     samples per frame can have, see ``beatsPerMinute(nearestTo:)``.
  ///   - iterations: Of phase retrieval; more are cleaner.
  ///   - progress: Called after every batch, on the generator's thread.
  /// - Returns: `count` loops that repeat without a seam, peaks at most 1.
  public func loops(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil,
    bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [Waveform] {
    try await draw(
      count: count, seed: seed, temperature: temperature, truncation: truncation, bpm: bpm,
      iterations: iterations, progress: progress
    ).map(\.sound)
  }

  /// Draws new loops and keeps their pictures: from latents to sound in one program.
  ///
  /// - Parameters: As for
  ///   ``loops(count:seed:temperature:truncation:bpm:iterations:progress:)``; the loops are those of
  ///   `firstIndex` and the following ones.
  public func draw(
    count: Int, seed: UInt64, firstIndex: Int = 0, temperature: Double = 1,
    truncation: Double? = nil, bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [DrawnLoop] {
    try checkRequest(
      count: count, firstIndex: firstIndex, temperature: temperature, truncation: truncation)
    return try await draw(
      count: count, bpm: bpm, iterations: iterations, progress: progress
    ) { range in
      let batch = try sampledLatents(
        count: range.count, seed: seed, firstIndex: firstIndex + range.lowerBound,
        temperature: temperature, truncation: truncation)
      try check(latents: batch)
      return batch[...]
    }
  }

  /// The loops of latents and their pictures: from latents to sound in one program.
  ///
  /// - Throws: ``BreakbeatError`` for latents of another size or that are not numbers.
  public func draw(
    _ latents: [[Float]], bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [DrawnLoop] {
    try check(latents: latents)
    return try await draw(
      count: latents.count, bpm: bpm, iterations: iterations, progress: progress
    ) { latents[$0] }
  }

  /// The loops of latents that are made in the turn of their batch.
  private func draw(
    count: Int, bpm: Double?, iterations: Int, progress: Progress?,
    latents: (Range<Int>) throws -> ArraySlice<[Float]>
  ) async throws -> [DrawnLoop] {
    try check(iterations: iterations)
    let options = SpectrogramInverter.Options.decoded.withIterations(iterations)
    let program = GeneratorProgram.drawer(options, hop: try hop(for: bpm))
    var decoded: [[Float]] = []
    let results = try await run(program, count: count, progress: progress) { range in
      let batch = try latents(range)
      decoded += batch
      return batch
    }
    return try zip(results, decoded).map { results, latents in
      DrawnLoop(sound: try sound(results[0]), picture: picture(results[1]), latents: latents)
    }
  }

  /// The sound of pictures.
  ///
  /// - Parameters:
  ///   - pictures: As this model decodes them, or made with its spectrogram settings.
  ///   - options: How band levels become spectra; the default suits decoded pictures.
  ///   - bpm: Another tempo than the model's, at the same pitch.
  ///   - iterations: Of phase retrieval.
  ///   - progress: Called after every batch.
  public func loops(
    of pictures: [SpectrogramImage], options: SpectrogramInverter.Options = .decoded,
    bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [Waveform] {
    try check(pictures)
    try check(iterations: iterations)
    let program = GeneratorProgram.inverter(
      options.withIterations(iterations), hop: try hop(for: bpm))
    return try await run(program, pictures.map(\.levels), progress: progress).map {
      try sound($0[0])
    }
  }

  /// Opens the device and compiles and runs, once, what drawing `count` loops takes, so that the
  /// next request only computes.
  ///
  /// - Throws: What the request would throw: an unknown device, want of memory, an impossible tempo.
  public func warmUp(count: Int = 1, bpm: Double? = nil, iterations: Int = 32) async throws {
    let size = ProgramStore.largestBatchSize(configuration)
    _ = try await draw(
      count: min(max(count, 1), size), seed: 0, bpm: bpm, iterations: iterations)
  }

  /// The tempo that loops asked for at a tempo really have; the model's own for `nil`.
  ///
  /// - Throws: ``BreakbeatError`` for a tempo beyond half or double the model's.
  public nonisolated func beatsPerMinute(nearestTo tempo: Double?) throws -> Double {
    let settings = configuration.spectrogram
    return settings.beatsPerMinute * Double(settings.hop) / Double(try hop(for: tempo))
  }

  /// Samples of a loop at a tempo; of the model's own for `nil`.
  ///
  /// - Throws: ``BreakbeatError`` for a tempo beyond half or double the model's.
  public nonisolated func sampleCount(atTempo tempo: Double? = nil) throws -> Int {
    configuration.spectrogram.frames * (try hop(for: tempo))
  }

  private nonisolated func sound(_ samples: [Float]) throws -> Waveform {
    guard samples.allSatisfy(\.isFinite) else {
      throw BreakbeatError(
        .invalidModel,
        "the model decodes to samples that are not numbers: its training diverged, or the latents "
          + "are far beyond those it knows; use an earlier checkpoint or smaller latents")
    }
    return Waveform(samples: samples, sampleRate: configuration.spectrogram.sampleRate).limited()
  }

  nonisolated func check(iterations: Int) throws {
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
        "a tempo of \(tempo) bpm; this model plays \(Int((own / 2).rounded(.up))) to "
          + "\(Int(own * 2)) bpm")
    }
    return SpectrogramInverter.synthesisHop(for: settings, beatsPerMinute: tempo)
  }
}
