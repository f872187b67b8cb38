public import SpectralAudio

/// A loop that a model drew: how it sounds, how it looks and where it lies among all others.
public struct DrawnLoop: Sendable, Hashable {
  /// The sound, which repeats without a seam.
  public var sound: Waveform
  /// The picture it was made from.
  public var picture: SpectrogramImage
  /// The latents that the picture was decoded from, `latentSize x columns` numbers.
  public var latents: [Float]
}

extension Waveform {
  /// A loop scaled down to a peak of 1 if it is louder: as a file of integers holds it unclipped. A
  /// factor leaves the seam as it is.
  package func limited() -> Waveform {
    let peak = peak
    guard peak > 1, peak.isFinite else { return self }
    return Waveform(samples: samples.map { $0 / peak }, sampleRate: sampleRate)
  }
}
