public import SpectralAudio

/// What becomes of a loop that goes through a model: to picture, to latents and back, beside the way
/// back from the picture without the model.
public struct Reconstruction: Sendable, Hashable {
  /// The loop as the model hears it; `nil` where only a picture was given.
  public var original: Waveform?
  /// Its picture.
  public var picture: SpectrogramImage
  /// The sound of that picture: the best that any model could give back.
  public var roundTrip: Waveform
  /// The model's loop: decoded from the most likely latents of the picture.
  public var reconstruction: DrawnLoop

  /// The mean squared difference of the two pictures' levels.
  public var squaredError: Double {
    let pairs = zip(picture.levels, reconstruction.picture.levels)
    return pairs.reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      / Double(picture.levels.count)
  }
}

extension BreakbeatGenerator {
  /// Sounds through the model and back, each taken for a loop; see ``spectrograms(of:progress:)``.
  ///
  /// ```swift
  /// let result = try await generator.reconstructions(of: [loop])[0]
  /// print(result.squaredError, result.roundTrip, result.reconstruction.sound)
  /// ```
  ///
  /// - Parameters:
  ///   - loops: The sounds.
  ///   - bpm: Tempo of what comes back, at the same pitch; the model's for `nil`.
  ///   - iterations: Of phase retrieval, both times.
  ///   - progress: Called while the model's loops are made.
  public func reconstructions(
    of loops: [Waveform], bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [Reconstruction] {
    let originals = try loops.map { try fitted($0) }
    let pictures = try await spectrograms(of: originals)
    var results = try await reconstructions(
      of: pictures, bpm: bpm, iterations: iterations, progress: progress)
    for index in results.indices { results[index].original = originals[index] }
    return results
  }

  /// Pictures through the model and back.
  ///
  /// - Parameters: As for ``reconstructions(of:bpm:iterations:progress:)``.
  public func reconstructions(
    of pictures: [SpectrogramImage], bpm: Double? = nil, iterations: Int = 32,
    progress: Progress? = nil
  ) async throws -> [Reconstruction] {
    let latents = try await encode(pictures)
    let roundTrips = try await self.loops(
      of: pictures, options: .real, bpm: bpm, iterations: iterations)
    let drawn = try await draw(latents, bpm: bpm, iterations: iterations, progress: progress)
    return pictures.indices.map { index in
      Reconstruction(
        picture: pictures[index], roundTrip: roundTrips[index], reconstruction: drawn[index])
    }
  }
}
