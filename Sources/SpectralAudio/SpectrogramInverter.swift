public import Tensors

/// Loops from pictures: brightness to band power, mel inversion, phase retrieval, inverse STFT, all
/// in one expression.
///
/// ```swift
/// let inverter = SpectrogramInverter(settings, options: .decoded)
/// let pictures = Tensor.input([16, settings.bands, settings.frames])
/// let program = try Program(outputs: [inverter.loops(from: pictures)], on: backend)
/// ```
public struct SpectrogramInverter: Sendable {
  /// Choices that do not change what a picture means.
  public struct Options: Sendable, Hashable {
    /// Bands to power spectra.
    public var melInversion: MelInversion
    /// Iterations towards phases that fit.
    public var phaseRetrieval: PhaseRetrieval
    /// The phases to begin with.
    public var start: PhaseStart
    /// How each iteration finds consistent spectra.
    public var consistency: Consistency

    /// Options; the defaults are for pictures of real loops.
    public init(
      melInversion: MelInversion = .richardsonLucy(steps: 10),
      phaseRetrieval: PhaseRetrieval = .accelerated(), start: PhaseStart = .tree(),
      consistency: Consistency = .kernel
    ) {
      self.melInversion = melInversion
      self.phaseRetrieval = phaseRetrieval
      self.start = start
      self.consistency = consistency
    }

    /// For pictures of real loops.
    public static let real = Options()
    /// For pictures that a network decoded: three steps of mel inversion, and phase retrieval that
    /// does not multiply the differences between neighbours.
    public static let decoded = Options(
      melInversion: .richardsonLucy(steps: 3), phaseRetrieval: .steady(), start: .pairedTree())

    /// The same with another number of phase retrieval iterations.
    public func withIterations(_ iterations: Int) -> Options {
      var options = self
      options.phaseRetrieval.iterations = iterations
      return options
    }
  }

  /// How pictures were made.
  public let settings: SpectrogramSettings
  /// Choices.
  public let options: Options
  /// Spectra to loops, at the synthesis hop.
  public let transform: ShortTimeFourierTransform
  private let projection: any ConsistencyProjection
  private let mel: MelTransform
  private let level: PictureLevel

  /// Samples of one loop.
  public var loopSampleCount: Int { transform.sampleCount }

  /// The tempo of the loops.
  public var beatsPerMinute: Double {
    240 * settings.bars * settings.sampleRate / Double(loopSampleCount)
  }

  /// An inverter for pictures of given settings.
  ///
  /// - Parameters:
  ///   - settings: How the pictures were made.
  ///   - options: Choices of method and effort.
  ///   - hop: The synthesis hop; another one than that of the settings changes the tempo at constant
  ///     pitch. See ``synthesisHop(for:beatsPerMinute:)``.
  public init(_ settings: SpectrogramSettings, options: Options = .real, hop: Int? = nil) {
    self.settings = settings
    self.options = options
    transform = ShortTimeFourierTransform(settings, hop: hop)
    projection = options.consistency.projection(transform)
    mel = MelTransform(MelFilterBank(settings))
    level = PictureLevel(settings)
  }

  /// The hop whose tempo, `240 · bars · rate / (frames · hop)`, is nearest to the one asked for.
  ///
  /// Hops are whole samples: about 1 % apart at 64 to 128. Within 15 % of the settings' own tempo
  /// onsets stay clear.
  public static func synthesisHop(
    for settings: SpectrogramSettings, beatsPerMinute: Double
  ) -> Int {
    precondition(
      beatsPerMinute.isFinite && beatsPerMinute > 0, "a tempo of \(beatsPerMinute) bpm")
    let exact = 240 * settings.bars * settings.sampleRate / Double(settings.frames)
    return max(1, Int((exact / beatsPerMinute).rounded()))
  }

  /// Magnitudes [B, M, bins] of pictures [B, bands, M].
  public func magnitudes(from pictures: Tensor) -> Tensor {
    precondition(
      pictures.shape.rank == 3 && pictures.shape[1] == settings.bands
        && pictures.shape[2] == settings.frames,
      "inverting pictures \(pictures.shape), expected [B, \(settings.bands), \(settings.frames)]")
    return sqrt(mel.power(from: level.power(of: pictures), by: options.melInversion))
  }

  /// Loops [B, T] with the magnitudes [B, M, bins].
  public func loops(fromMagnitudes magnitudes: Tensor) -> Tensor {
    transform.inverse(
      options.phaseRetrieval.spectrum(
        magnitudes: magnitudes, start: options.start, projection: projection))
  }

  /// Loops [B, T] of pictures [B, bands, M] with values 0...1.
  ///
  /// **Cost** for each iteration one dispatch, or three where taps of the ``ConsistencyKernel`` reach far.
  /// With
  /// ``Consistency/exact`` two matrix products of 4 · B · M · W · bins operations each, and four
  /// more.
  public func loops(from pictures: Tensor) -> Tensor {
    loops(fromMagnitudes: magnitudes(from: pictures))
  }

  /// Loops with the spectral convergence [B] after 0, 1, ... iterations.
  public func measuredLoops(
    from pictures: Tensor
  ) -> (loops: Tensor, convergence: [Tensor]) {
    let (spectrum, convergence) = options.phaseRetrieval.measuredSpectrum(
      magnitudes: magnitudes(from: pictures), start: options.start, projection: projection)
    return (transform.inverse(spectrum), convergence)
  }
}
