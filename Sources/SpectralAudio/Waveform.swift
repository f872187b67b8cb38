/// One channel of sound: samples and the rate they are played at.
public struct Waveform: Sendable, Hashable {
  /// The samples; full scale is -1...1.
  public var samples: [Float]

  /// Samples per second.
  public var sampleRate: Double

  /// A waveform of the given samples.
  public init(samples: [Float], sampleRate: Double) {
    precondition(
      sampleRate.isFinite && sampleRate > 0, "Waveform: a sample rate of \(sampleRate) Hz")
    self.samples = samples
    self.sampleRate = sampleRate
  }

  /// Length in seconds.
  public var duration: Double { Double(samples.count) / sampleRate }

  /// The largest absolute sample value, 0 for an empty waveform.
  public var peak: Float {
    samples.reduce(0) { max($0, abs($1)) }
  }
}
