import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import Tensors
import VulkanCompute

struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures variants of the kernels on a device and remembers the fastest.",
    discussion: """
      For every product that training a preset computes. A variant is chosen only if its result is \
      that of the usual one up to the rounding of sums in another order. What was found is kept by \
      device and driver beside the compiled pipelines; `train` and `benchmark` use it, and measure \
      what is missing themselves.
      """)

  @Option(help: "Sizes of the model.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Pictures at a time. (default: the preset's)")
  var batchSize: Int?

  @Option(help: "Pictures of a training step in memory at a time: a number, or auto.")
  var microBatch = MicroBatch.off

  @Option(help: "Seconds after which no further product is begun.")
  var timeLimit = 60.0

  @Flag(help: "Measure again what is known.")
  var anew = false

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (1...4096).contains(batchSize ?? 1) else {
      throw ValidationError("--batch-size \(batchSize ?? 0): 1 to 4096 are possible.")
    }
    guard (0...86_400).contains(timeLimit) else {
      throw ValidationError("--time-limit \(timeLimit): 0 to 86400 seconds are possible.")
    }
    try microBatch.check()
  }

  func run() throws {
    let choice = try device.choose()
    guard let backend = choice.backend as? VulkanBackend else {
      Terminal.note("Nothing to tune: the CPU backend has no variants to choose from")
      return
    }
    if backend.device.description.kind == .software {
      Terminal.note("Times of a software device say nothing about hardware; measured all the same")
    }
    var settings = TrainingSettings(preset, steps: 1, seed: 1)
    if let batchSize { settings.batchSize = batchSize }
    try microBatch.apply(to: &settings, on: backend)
    let problems = try settings.products(on: backend)
    let tuning = Tuning(
      of: problems, on: backend.device, timeLimit: timeLimit, isAnew: anew
    ) { product in
      if output.json {
        try? Terminal.printJSON(product)
      } else {
        print(line(product))
      }
    }
    for note in tuning.notes { Terminal.note(note) }
    if output.json { Terminal.note("\(tuning)") } else { print(tuning) }
  }

  private func line(_ product: TunedProduct) -> String {
    let milliseconds = { (seconds: Double) in "\((seconds * 1000).rounded(places: 3)) ms" }
    let times =
      product.seconds < product.ruleSeconds
      ? "\(milliseconds(product.seconds)) instead of \(milliseconds(product.ruleSeconds))"
      : "\(milliseconds(product.seconds)), the rule's"
    return ([times + "  \(product.problem)"] + product.notes.map { "  " + $0 })
      .joined(separator: "\n")
  }
}
