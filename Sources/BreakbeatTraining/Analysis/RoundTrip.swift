public import Breakbeats
public import SpectralAudio
public import Tensors

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Audio to picture and back without a model: the ceiling of what a model can sound like.
///
/// Convergences are 20 log10 (‖|S'| - |S|‖ / ‖|S|‖), S the sound's spectrum and S' the result's.
public struct RoundTrip {
  /// What came back.
  public struct Result: Sendable {
    /// The sound.
    public var loop: Waveform
    /// Spectral convergence against the original with the starting phases, in dB.
    public var startConvergence: Double
    /// Spectral convergence against the original at the end, in dB.
    public var endConvergence: Double
    /// Distance of the iterate from being the spectrum of a sound, per iteration, in dB; empty
    /// unless measured.
    public var convergence: [Double]
    /// Seconds of the whole program, for one loop.
    public var seconds: Double
  }

  private let settings: SpectrogramSettings
  private let program: Program
  private let start: Program
  private let pictures: Tensor
  private let startPictures: Tensor
  private let loops: Tensor
  private let startLoops: Tensor
  private let convergence: [Tensor]

  /// A round trip for one loop at a time.
  public init(
    _ settings: SpectrogramSettings, method: PhaseRetrieval, seed: UInt64, isMeasured: Bool = false,
    on backend: any Backend
  ) throws {
    self.settings = settings
    let options = SpectrogramInverter.Options(
      phaseRetrieval: method, start: .random(seed: seed))
    let inverter = SpectrogramInverter(settings, options: options)
    pictures = .input([1, settings.bands, settings.frames], name: "pictures")
    if isMeasured {
      (loops, convergence) = inverter.measuredLoops(from: pictures)
    } else {
      (loops, convergence) = (inverter.loops(from: pictures), [])
    }
    program = try Program(outputs: [loops] + convergence, on: backend, label: "round trip")

    var none = options
    none.phaseRetrieval.iterations = 0
    startPictures = .input([1, settings.bands, settings.frames], name: "pictures")
    startLoops = SpectrogramInverter(settings, options: none).loops(from: startPictures)
    start = try Program(outputs: [startLoops], on: backend, label: "round trip start")
  }

  /// Turns a picture back into sound and compares it with the original.
  public func run(_ image: SpectrogramImage, original: Waveform) throws -> Result {
    let begin = ContinuousClock.now
    try program.set(pictures, to: image.levels)
    try program.run()
    let samples = try program.values(of: loops)
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let startSamples = try start.run([startPictures: image.levels])[0]

    let analyzer = try SpectrogramAnalyzer(settings: settings)
    let truth = magnitudes(of: original.samples, analyzer)
    return Result(
      loop: Waveform(samples: samples, sampleRate: settings.sampleRate),
      startConvergence: distance(magnitudes(of: startSamples, analyzer), truth),
      endConvergence: distance(magnitudes(of: samples, analyzer), truth),
      convergence: try convergence.map { 20 * log10(Double(try program.values(of: $0)[0])) },
      seconds: seconds)
  }

  private func magnitudes(of samples: [Float], _ analyzer: SpectrogramAnalyzer) -> [Float] {
    let spectrum = analyzer.spectrum(of: samples)
    return zip(spectrum.real, spectrum.imaginary).map { ($0 * $0 + $1 * $1).squareRoot() }
  }

  private func distance(_ magnitudes: [Float], _ truth: [Float]) -> Double {
    var error = 0.0
    var norm = 0.0
    for (value, expected) in zip(magnitudes, truth) {
      error += Double(value - expected) * Double(value - expected)
      norm += Double(expected) * Double(expected)
    }
    return 10 * log10(error / norm)
  }
}

/// Power in decibels.
func decibels(_ power: Double) -> Double { 10 * log10(power) }
