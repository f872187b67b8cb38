import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import Tensors

struct BenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measures how fast a device is, with random pictures in memory.",
    discussion: """
      Modes: train (whole steps), run (steps with all that train does around them: what passes \
      outside of the device), decode (pictures from latents), sound (loops from pictures), layers \
      (each convolution alone: forward, by input, by weight), all. Speeds are held against what \
      the device was measured to reach with multiply-adds alone and with copies alone. \
      Docs/Performance.md says how each number is made.
      """)

  enum Mode: String, CaseIterable, ExpressibleByArgument {
    case train, run, decode, sound, layers, all
  }

  @Option(help: "Sizes of the model.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Pictures at a time. (default: the preset's)")
  var batchSize: Int?

  @Option(help: "Pictures of a training step in memory at a time: a number, or auto.")
  var microBatch = MicroBatch.off

  @Option(help: "What to measure.")
  var mode: Mode = .train

  @Flag(help: "Train without averaged weights and without the guard against spikes, as peers do.")
  var plain = false

  @Option(help: "How training steps store feature maps.")
  var precision: Precision = .float32

  @Option(help: "How decoding and sound round. Generators draw with the same bits on every device.")
  var arithmetic: Arithmetic = .reproducible

  @Option(help: "Runs that are measured, after two that are not.")
  var runs = 10

  @Option(help: "Operations to list.")
  var operations = 15

  @OptionGroup var device: DeviceOption
  @OptionGroup var tune: TuneOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    for (name, value, range) in [
      ("batch-size", batchSize ?? 1, 1...4096), ("runs", runs, 1...100_000),
      ("operations", operations, 0...100_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) \(value): \(range.lowerBound) to \(range.upperBound) are possible.")
    }
    if arithmetic == .fast && ![.decode, .sound, .all].contains(mode) {
      throw ValidationError(
        "--arithmetic fast: training always is; --mode decode and sound can be either.")
    }
    if precision == .mixed && ![.train, .run, .all].contains(mode) {
      throw ValidationError(
        "--precision mixed: only training is measured so; --mode \(mode) has nothing but float32.")
    }
    try microBatch.check()
  }

  func run() async throws {
    var choice = try device.choose()
    try choice.backend.check(precision)
    var settings = TrainingSettings(preset, steps: 1, seed: 1)
    if let batchSize { settings.batchSize = batchSize }
    settings.precision = precision
    let trains = [.train, .run, .all].contains(mode)
    if trains { try microBatch.apply(to: &settings, on: choice.backend) }
    do {
      choice = try tune.apply(to: choice, settings)
    } catch  where !trains {
      // What is tuned is a training step's; what is measured may fit where that does not.
      Terminal.note("Tuning: left out: \(error)")
    }
    let benchmark = try Benchmark(
      preset, batchSize: settings.batchSize, microBatchSize: settings.microBatchSize,
      isPlain: plain, precision: precision, arithmetic: arithmetic, runs: runs,
      on: choice.backend)
    if output.json {
      try Terminal.printJSON(benchmark.ceilings)
    } else {
      print(benchmark.ceilings.text)
    }

    let wanted = mode == .all ? [.train, .run, .decode, .sound, .layers] : [mode]
    for mode in wanted {
      switch mode {
      case .train: try show(benchmark.train())
      case .run:
        let result = try await benchmark.run()
        if output.json { try Terminal.printJSON(result) } else { print(result.text) }
      case .decode: try show(benchmark.decode())
      case .sound: try show(benchmark.sound())
      case .layers: try showLayers(benchmark)
      case .all: break
      }
    }
  }

  private func show(_ result: BenchmarkResult) throws {
    if output.json {
      try Terminal.printJSON(result)
    } else {
      print(result.text(operations: operations))
    }
  }

  private func showLayers(_ benchmark: Benchmark) throws {
    if !output.json { print(LayerTime.heading) }
    try benchmark.layers { layer in
      if output.json { try Terminal.printJSON(layer) } else { print(layer.line) }
    }
  }
}
