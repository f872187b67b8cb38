public import SpectralAudio

/// How smoothly a loop's end meets its beginning.
public struct LoopSeam: Sendable, Hashable {
  /// |first sample - last sample|.
  public let jump: Float
  /// The 99.9th percentile of the jumps from sample to sample inside the loop.
  public let innerJump: Float

  /// Whether the seam is no larger than what happens inside.
  public var isClosed: Bool { jump <= innerJump }

  /// The seam of a loop; an empty loop has none.
  public init(of loop: Waveform) {
    let samples = loop.samples
    let jumps = zip(samples.dropFirst(), samples).map { abs($0 - $1) }.sorted()
    jump = abs((samples.first ?? 0) - (samples.last ?? 0))
    // The smallest jump that 99.9 % of all jumps do not exceed.
    innerJump = jumps.isEmpty ? 0 : jumps[(jumps.count * 999 + 999) / 1000 - 1]
  }
}
