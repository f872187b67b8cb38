public import SpectralAudio

extension BreakbeatVAE {
  /// The sizes of a model and what its pictures mean; stored in model files.
  public struct Configuration: Sendable, Hashable, Codable {
    /// How loops become pictures: bands, frames, hop, bars.
    public var spectrogram: SpectrogramSettings
    /// Channels after each halving of the picture.
    public var channels: [Int]
    /// Latent numbers of each time column.
    public var latentSize: Int
    /// Groups of the normalizations.
    public var groups: Int

    /// A configuration; ``validate()`` says whether a model can be built from it.
    public init(
      spectrogram: SpectrogramSettings, channels: [Int], latentSize: Int, groups: Int = 8
    ) {
      self.spectrogram = spectrogram
      self.channels = channels
      self.latentSize = latentSize
      self.groups = groups
    }

    /// Rows of a picture.
    public var bands: Int { spectrogram.bands }
    /// Columns of a picture.
    public var frames: Int { spectrogram.frames }
    /// Height of the encoder's last grid, in pixels.
    public var gridHeight: Int { bands >> channels.count }
    /// Time columns of the latents.
    public var columns: Int { frames >> channels.count }
    /// Latent numbers of one picture.
    public var latentCount: Int { latentSize * columns }

    /// Trained numbers of the model.
    public var parameterCount: Int {
      let top = channels.last ?? 0
      let pairs = zip([1] + channels, channels)
      // Encoder and decoder mirror each other: the same kernels, other biases and normalizations.
      let kernels = 2 * pairs.reduce(0) { $0 + 16 * $1.0 * $1.1 }
      let encoderVectors = 3 * channels.reduce(0, +)
      let decoderVectors = 3 * channels.dropLast().reduce(0, +) + 1
      let columns = 3 * latentSize * top * gridHeight + 2 * latentSize + top
      return kernels + encoderVectors + decoderVectors + columns
    }
  }
}

extension BreakbeatVAE.Configuration {
  /// Checks a configuration that came from a file or a person.
  ///
  /// - Throws: ``BreakbeatError`` naming the first field that is out of range; a configuration that
  ///   passes cannot overflow any size computed from it.
  public func validate() throws {
    do { try spectrogram.validate() } catch {
      throw BreakbeatError(.invalidConfiguration, error.description)
    }
    try check((1...10).contains(channels.count), "\(channels.count) blocks; 1 to 10 are possible")
    try check((1...64).contains(groups), "\(groups) groups; 1 to 64 are possible")
    for channel in channels {
      try check(
        (1...4096).contains(channel) && channel % groups == 0,
        "a block of \(channel) channels; multiples of \(groups) (the groups) up to 4096 are possible"
      )
    }
    try check((1...1024).contains(latentSize), "latentSize \(latentSize); 1 to 1024 are possible")
    let factor = 1 << channels.count
    try check(
      bands % factor == 0 && frames % factor == 0 && gridHeight <= 64,
      "pictures of \(bands) x \(frames) for \(channels.count) blocks; both sizes must be multiples "
        + "of \(factor), and \(bands) at most \(64 * factor)")
    try check(latentCount <= 4096, "\(latentCount) latents; at most 4096 are possible")
    try check(
      parameterCount <= 1 << 27, "\(parameterCount) parameters; at most \(1 << 27) are possible")
  }

  private func check(_ isPossible: Bool, _ problem: @autoclosure () -> String) throws {
    guard isPossible else {
      throw BreakbeatError(
        .invalidConfiguration, "model configuration: \(problem()); choose a preset")
    }
  }
}
