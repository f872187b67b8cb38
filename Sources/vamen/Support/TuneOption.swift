import ArgumentParser
import BreakbeatTraining
import Tensors
import VulkanCompute

/// `--tune`: whether kernels are measured on a device before they are used the first time.
struct TuneOption: ParsableArguments {
  enum Mode: String, CaseIterable, ExpressibleByArgument {
    case auto, on, off
  }

  @Option(
    help: ArgumentHelp(
      "Measure kernel variants that this device has not been measured with: auto, on, off.",
      discussion: """
        About \(Int(TuneOption.timeLimit)) s; remembered for later runs. auto leaves software \
        devices out, whose times say nothing; off takes the variants of a rule.
        """))
  var tune: Mode = .auto

  /// Seconds that tuning on the side may take.
  static let timeLimit = 10.0

  /// The choice with tuned kernels, if there are to be any.
  func apply(to choice: BackendChoice, _ settings: TrainingSettings) throws -> BackendChoice {
    guard tune != .off, let backend = choice.backend as? VulkanBackend else { return choice }
    let name = backend.device.description.name
    guard tune == .on || backend.device.description.kind != .software else {
      Terminal.note("Tuning: left out, times of a software device say nothing (--tune on measures)")
      return choice
    }
    let problems = try settings.products(on: backend)
    Terminal.note(
      "Tuning: \(problems.count) products on \(name), about \(Int(Self.timeLimit)) s")
    let tuning = Tuning(of: problems, on: backend.device, timeLimit: Self.timeLimit)
    Terminal.note("Tuning: \(tuning)")
    for note in tuning.notes { Terminal.note("Tuning: \(note)") }
    return choice.with(tuning.choices)
  }
}
