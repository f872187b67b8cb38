public import SpectralAudio

extension BreakbeatGenerator {
  /// Draws the latents of the loops of `firstIndex` and the following ones; see
  /// ``LatentGaussian/sample(seed:index:temperature:truncation:)``.
  ///
  /// - Returns: `count` arrays of `latentSize x columns` numbers.
  public nonisolated func sampledLatents(
    count: Int, seed: UInt64, firstIndex: Int = 0, temperature: Double = 1,
    truncation: Double? = nil
  ) throws -> [[Float]] {
    try checkRequest(
      count: count, firstIndex: firstIndex, temperature: temperature, truncation: truncation)
    return (firstIndex..<firstIndex + count).map {
      latents.sample(seed: seed, index: $0, temperature: temperature, truncation: truncation)
    }
  }

  /// Pictures of newly drawn loops.
  public func spectrograms(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil,
    progress: Progress? = nil
  ) async throws -> [SpectrogramImage] {
    try checkRequest(
      count: count, firstIndex: 0, temperature: temperature, truncation: truncation)
    let results = try await run(.decoder, count: count, progress: progress) { range in
      let batch = try sampledLatents(
        count: range.count, seed: seed, firstIndex: range.lowerBound, temperature: temperature,
        truncation: truncation)
      try check(latents: batch)
      return batch[...]
    }
    return results.map { picture($0[0]) }
  }

  /// The pictures of latents, `latentSize x columns` finite numbers each.
  ///
  /// - Throws: ``BreakbeatError`` for latents of another size or that are not numbers.
  public func decode(
    _ latents: [[Float]], progress: Progress? = nil
  ) async throws -> [SpectrogramImage] {
    try check(latents: latents)
    return try await run(.decoder, latents, progress: progress).map { picture($0[0]) }
  }

  /// The most likely latents of pictures.
  ///
  /// - Throws: ``BreakbeatError`` for pictures of another size than the model's.
  public func encode(
    _ pictures: [SpectrogramImage], progress: Progress? = nil
  ) async throws -> [[Float]] {
    try check(pictures)
    return try await run(.encoder, pictures.map(\.levels), progress: progress).map { $0[0] }
  }

  /// The most likely latents of sounds, each taken for a loop; see ``spectrograms(of:progress:)``.
  public func encode(
    _ loops: [Waveform], progress: Progress? = nil
  ) async throws -> [[Float]] {
    try await encode(spectrograms(of: loops), progress: progress)
  }

  /// The pictures of sounds, each taken for a whole loop: fitted to the model's length as on a
  /// sampler (faster or slower), its largest sample brought to ±1 as in training.
  ///
  /// - Throws: ``BreakbeatError`` for a sound that is empty, not finite, or 64 times longer or
  ///   shorter than the model's loops.
  public func spectrograms(
    of loops: [Waveform], progress: Progress? = nil
  ) async throws -> [SpectrogramImage] {
    let sounds = try loops.map { try fitted($0).samples }
    return try await run(.analyzer, sounds, progress: progress).map { picture($0[0]) }
  }

  /// A sound as the model hears it: of its loops' length and rate, with a peak of 1.
  public nonisolated func fitted(_ loop: Waveform) throws -> Waveform {
    try loop.fitted(to: configuration.spectrogram)
  }

  nonisolated func picture(_ levels: [Float]) -> SpectrogramImage {
    SpectrogramImage(bands: configuration.bands, frames: configuration.frames, levels: levels)
  }

  /// Refuses latents of another size than the model's, and those that are not numbers.
  nonisolated func check(latents: [[Float]]) throws {
    for numbers in latents {
      guard numbers.count == configuration.latentCount else {
        throw BreakbeatError(
          .invalidRequest,
          "\(numbers.count) latents for a model of \(configuration.latentCount); give "
            + "\(configuration.latentSize) for each of its \(configuration.columns) columns")
      }
      guard numbers.allSatisfy(\.isFinite) else {
        throw BreakbeatError(.invalidRequest, "latents that are not finite numbers; mend them")
      }
    }
  }

  /// Refuses pictures of another size than the model's.
  nonisolated func check(_ pictures: [SpectrogramImage]) throws {
    for picture in pictures
    where picture.bands != configuration.bands || picture.frames != configuration.frames {
      throw BreakbeatError(
        .invalidRequest,
        "a picture of \(picture.bands) x \(picture.frames) for a model of \(configuration.bands) x "
          + "\(configuration.frames); make it with the model's spectrogram settings")
    }
  }

  /// Refuses numbers that no latents are drawn with.
  nonisolated func checkRequest(
    count: Int, firstIndex: Int, temperature: Double, truncation: Double?
  ) throws {
    guard (0...1_000_000).contains(count) else {
      throw BreakbeatError(.invalidRequest, "\(count) loops; ask for 0 to 1000000")
    }
    guard (0...Int.max - count).contains(firstIndex) else {
      throw BreakbeatError(
        .invalidRequest, "loops from index \(firstIndex); choose 0 to \(Int.max - count)")
    }
    guard (0...10).contains(temperature) else {
      throw BreakbeatError(.invalidRequest, "temperature \(temperature); choose 0 to 10")
    }
    if let truncation, !(0.1...100).contains(truncation) {
      throw BreakbeatError(
        .invalidRequest, "truncation \(truncation); choose 0.1 to 100 standard deviations")
    }
  }
}
