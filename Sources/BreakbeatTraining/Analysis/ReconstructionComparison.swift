public import Breakbeats
public import SpectralAudio

/// How near a loop's two ways back sound to it: from its picture alone, and through the model.
public struct ReconstructionComparison: Sendable, Hashable, Codable {
  /// One way back.
  public struct Way: Sendable, Hashable, Codable {
    /// 20 log10 (‖|X'| - |X|‖ / ‖|X|‖) in decibels, X and X' the spectra; lower is nearer. `nil`,
    /// and `null` in JSON, where that is no finite number: where the loop is silent.
    public var spectralConvergence: Double?
    /// Correlation of the onset envelopes: 1 for the same rhythm.
    public var onsetCorrelation: Double
    /// Whether the loop's end meets its beginning.
    public var isSeamClosed: Bool

    private enum CodingKeys: String, CodingKey {
      case spectralConvergence, onsetCorrelation, isSeamClosed
    }

    /// All of it, with `null` for what there is not.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(spectralConvergence, forKey: .spectralConvergence)
      try container.encode(onsetCorrelation, forKey: .onsetCorrelation)
      try container.encode(isSeamClosed, forKey: .isSeamClosed)
    }
  }

  /// From the picture, without the model: the best that any model could do.
  public var roundTrip: Way
  /// Through the model.
  public var model: Way
  /// The mean squared difference of the two pictures' levels.
  public var squaredError: Double

  /// Compares.
  ///
  /// - Parameters:
  ///   - reconstruction: Made of sound, so that there is an original.
  ///   - settings: The model's.
  /// - Throws: ``TrainingDataError`` when there is no original or no memory for its transform.
  public init(_ reconstruction: Reconstruction, settings: SpectrogramSettings) throws {
    guard let original = reconstruction.original else {
      throw TrainingDataError(
        .invalidSettings, "the reconstruction of a picture has no original to compare it with",
        remedy: "reconstruct a sound")
    }
    let sound = reconstruction.reconstruction.sound
    let comparison = try LoopComparison(
      with: original.samples, settings: settings, hop: sound.samples.count / settings.frames)
    let way = { (loop: Waveform) -> Way in
      let convergence = comparison.spectralConvergence(of: loop.samples)
      return Way(
        spectralConvergence: convergence.isFinite ? convergence : nil,
        onsetCorrelation: comparison.onsetCorrelation(of: loop.samples),
        isSeamClosed: LoopSeam(of: loop).isClosed)
    }
    roundTrip = way(reconstruction.roundTrip)
    model = way(sound)
    squaredError = reconstruction.squaredError
  }
}
