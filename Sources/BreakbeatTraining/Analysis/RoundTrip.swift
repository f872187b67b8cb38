public import Breakbeats
public import SpectralAudio
public import Tensors

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Audio to picture and back without a model: the ceiling of what a model can sound like.
public struct RoundTrip {
  /// What came back for one loop.
  public struct Result: Sendable {
    /// The sound.
    public var loop: Waveform
    /// Spectral convergence against the original with the starting phases, in dB:
    /// 20 log10 (‖|X'| - |X|‖ / ‖|X|‖), X the original's spectrum and X' the result's. Infinite
    /// where the original is silent.
    public var startConvergence: Double
    /// Spectral convergence against the original at the end, in dB; infinite where that is silent.
    public var endConvergence: Double
    /// Correlation of the onset envelopes of result and original.
    public var onsetCorrelation: Double
    /// How the result's end meets its beginning.
    public var seam: LoopSeam
    /// Distance of the iterate from being the spectrum of a sound, per iteration, in dB; empty
    /// unless measured.
    public var convergence: [Double]
    /// Seconds of the whole program, per loop of its batch.
    public var seconds: Double
  }

  /// Loops at a time.
  public let batchSize: Int
  private let settings: SpectrogramSettings
  private let hop: Int
  private let pictures: Tensor
  private let program: Program
  private let loops: Tensor
  private let convergence: [Tensor]
  private let start: Program
  private let startLoops: Tensor

  /// A round trip for batches of loops.
  ///
  /// - Parameters:
  ///   - settings: How the loops are analysed.
  ///   - options: How the pictures are inverted.
  ///   - hop: The synthesis hop, for another tempo; `nil` for that of the settings.
  ///   - batchSize: Loops at a time.
  ///   - isMeasured: Whether to measure every iteration.
  ///   - backend: Where to compute.
  public init(
    _ settings: SpectrogramSettings, options: SpectrogramInverter.Options = .real,
    hop: Int? = nil, batchSize: Int = 1, isMeasured: Bool = false, on backend: any Backend
  ) throws {
    self.settings = settings
    self.batchSize = batchSize
    self.hop = hop ?? settings.hop
    let inverter = SpectrogramInverter(settings, options: options, hop: hop)
    pictures = .input([batchSize, settings.bands, settings.frames], name: "pictures")
    if isMeasured {
      (loops, convergence) = inverter.measuredLoops(from: pictures)
    } else {
      (loops, convergence) = (inverter.loops(from: pictures), [])
    }
    program = try Program(outputs: [loops] + convergence, on: backend, label: "round trip")
    startLoops = SpectrogramInverter(settings, options: options.withIterations(0), hop: hop)
      .loops(from: pictures)
    start = try Program(outputs: [startLoops], on: backend, label: "round trip start")
  }

  /// Turns pictures back into sound and compares it with the originals, at most `batchSize`.
  public func run(
    _ images: [SpectrogramImage], originals: [Waveform]
  ) throws -> [Result] {
    precondition(
      images.count == originals.count && images.count <= batchSize,
      "round trip: \(images.count) pictures of \(originals.count) loops, batch \(batchSize)")
    let blank = [Float](
      repeating: 0, count: (batchSize - images.count) * settings.pixelCount)
    let levels = images.flatMap(\.levels) + blank
    let begin = ContinuousClock.now
    try program.set(pictures, to: levels)
    try program.run()
    let samples = try program.values(of: loops)
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let curves = try convergence.map { try program.values(of: $0) }
    let startSamples = try start.run([pictures: levels])[0]

    let count = settings.frames * hop
    return try originals.enumerated().map { index, original in
      let range = index * count..<(index + 1) * count
      let comparison = try LoopComparison(with: original.samples, settings: settings, hop: hop)
      let loop = Waveform(samples: Array(samples[range]), sampleRate: settings.sampleRate)
      return Result(
        loop: loop,
        startConvergence: comparison.spectralConvergence(of: Array(startSamples[range])),
        endConvergence: comparison.spectralConvergence(of: loop.samples),
        onsetCorrelation: comparison.onsetCorrelation(of: loop.samples),
        seam: LoopSeam(of: loop), convergence: curves.map { 20 * log10(Double($0[index])) },
        seconds: seconds / Double(batchSize))
    }
  }

  /// The same for one loop.
  public func run(_ image: SpectrogramImage, original: Waveform) throws -> Result {
    try run([image], originals: [original])[0]
  }
}
