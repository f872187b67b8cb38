extension BreakbeatGenerator {
  /// Draws the latents of loops and moves them along principal directions.
  ///
  /// ```swift
  /// let latents = try generator.sampledLatents(
  ///   count: 16, seed: 7, moving: [LatentMove(direction: 1, amount: 2)])
  /// let loops = try await generator.draw(latents)
  /// ```
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Which; the loops of the same seed without moves are those that are moved.
  ///   - firstIndex: The first of the seed's loops.
  ///   - temperature: How far from the average loop.
  ///   - truncation: Draws beyond this many standard deviations are drawn again.
  ///   - moves: Steps along directions; see ``latentDescription`` for what they do.
  /// - Throws: ``BreakbeatError`` for a model without a description, or a direction it has not.
  public nonisolated func sampledLatents(
    count: Int, seed: UInt64, firstIndex: Int = 0, temperature: Double = 1,
    truncation: Double? = nil, moving moves: [LatentMove]
  ) throws -> [[Float]] {
    let latents = try sampledLatents(
      count: count, seed: seed, firstIndex: firstIndex, temperature: temperature,
      truncation: truncation)
    guard !moves.isEmpty else { return latents }
    guard let latentDescription else {
      throw BreakbeatError(
        .invalidRequest,
        "this model file does not describe its latents, so there are no directions; train it with "
          + "this version, or go on with its run for a step")
    }
    return try latents.map { try latentDescription.moving($0, by: moves) }
  }
}
