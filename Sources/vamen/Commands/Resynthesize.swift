import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors

struct Resynthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Audio to picture and back: the best that any model can sound.",
    discussion: """
      Prints the spectral convergence of the result, 20 log10 of the distance of its magnitudes to \
      those of the sound, relative to their norm; lower is better.
      """)

  enum Method: String, CaseIterable, ExpressibleByArgument {
    case accelerated, fast, plain
  }

  @OptionGroup var source: GridLoopOptions

  @Option(name: .shortAndLong, help: "The WAV file to write.")
  var out: String

  @Option(help: "Iterations of phase retrieval.")
  var iterations = 64

  @Option(help: "Update: accelerated, fast (Griffin-Lim with momentum) or plain.")
  var method: Method = .accelerated

  @Option(help: "Samples of the file.")
  var wavFormat: WaveFile.SampleFormat = .pcm16

  @Flag(help: "Print the convergence after every iteration.")
  var verbose = false

  @OptionGroup var device: DeviceOption
  @OptionGroup var seed: SeedOption

  func validate() throws {
    guard (0...10_000).contains(iterations) else {
      throw ValidationError("--iterations \(iterations): 0 to 10000 are possible.")
    }
  }

  func run() throws {
    let (loop, settings) = try source.load()
    let image = try SpectrogramImage(of: loop, settings: settings)
    let backend = try device.choose().backend
    let trip = try RoundTrip(
      settings, method: retrieval, seed: seed.choose(), isMeasured: verbose, on: backend)
    let result = try trip.run(image, original: loop)
    for (iteration, value) in result.convergence.enumerated() {
      print("iteration \(iteration)  consistency \(value.rounded(places: 2)) dB")
    }
    try WaveFile.write(result.loop, to: out, bars: settings.bars, format: wavFormat)
    print(
      "\(out): spectral convergence \(result.startConvergence.rounded(places: 2)) dB before, "
        + "\(result.endConvergence.rounded(places: 2)) dB after \(iterations) iterations, "
        + "\((result.seconds * 1000).rounded(places: 0)) ms per loop")
  }

  private var retrieval: PhaseRetrieval {
    switch method {
    case .accelerated: .accelerated(iterations: iterations)
    case .fast: .fast(iterations: iterations)
    case .plain: .plain(iterations: iterations)
    }
  }
}
