extension BreakbeatGenerator {
  /// Loops on the way from one point to another, both ends included.
  ///
  /// ```swift
  /// let ends = try generator.sampledLatents(count: 2, seed: 7)
  /// let morph = try await generator.interpolate(from: ends[0], to: ends[1], steps: 8)
  /// ```
  ///
  /// - Parameters:
  ///   - start: Latents of the first loop: drawn, or those of a sound by `encode(_:progress:)`.
  ///   - end: Latents of the last loop.
  ///   - steps: Loops, 2 at least.
  ///   - spherical: See ``LatentGaussian/interpolation(from:to:steps:spherical:)``.
  ///   - bpm: Another tempo than the model's, at the same pitch.
  ///   - iterations: Of phase retrieval.
  ///   - progress: Called after every batch.
  public func interpolate(
    from start: [Float], to end: [Float], steps: Int, spherical: Bool = false,
    bpm: Double? = nil, iterations: Int = 32, progress: Progress? = nil
  ) async throws -> [DrawnLoop] {
    try check(latents: [start, end])
    let way = try latents.interpolation(from: start, to: end, steps: steps, spherical: spherical)
    return try await draw(way, bpm: bpm, iterations: iterations, progress: progress)
  }
}
