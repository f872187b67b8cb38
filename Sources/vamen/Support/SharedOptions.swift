public import ArgumentParser
public import Breakbeats
public import BreakbeatTraining
import Foundation
import Tensors
import VulkanCompute

/// `--device`.
struct DeviceOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Index or part of the name of a Vulkan device, or cpu.",
      discussion: "Default: $VAMEN_DEVICE, otherwise the best hardware device, otherwise cpu."))
  var device: String?

  /// The backend, announced on standard error.
  func choose(submissionMilliseconds: Double? = nil) throws -> BackendChoice {
    let wanted = device ?? ProcessInfo.processInfo.environment["VAMEN_DEVICE"]
    var options = Device.Options()
    if let submissionMilliseconds {
      options.secondsPerSubmission = submissionMilliseconds / 1000
    }
    let choice = try BackendChoice(
      matching: wanted.flatMap { $0.isEmpty ? nil : $0 }, options: options)
    Terminal.note("Device: \(choice.backend.name), \(choice.reason)")
    return choice
  }
}

/// `--seed`.
struct SeedOption: ParsableArguments {
  @Option(name: .long, help: "Seed of everything random. (default: a random one, printed)")
  var seed: UInt64?

  /// The seed given, or a random one, announced.
  func choose() -> UInt64 { Self.choose(seed) }

  /// The same of a seed that another option gives.
  static func choose(_ seed: UInt64?) -> UInt64 {
    if let seed { return seed }
    let chosen = UInt64.random(in: 0..<1_000_000)
    Terminal.note("Seed: \(chosen)")
    return chosen
  }
}

/// `--json`.
struct JSONOption: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object per line.")
  var json = false
}

/// A number in a line of JSON: `null` where there is none, or it is not finite, which JSON has no
/// word for.
struct JSONNumber: Encodable {
  private let value: Double?

  init(_ value: Double?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value, value.isFinite { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// Refuses a number of bars that no picture can show, before sizes are computed from it.
func checkBars(_ bars: Double?) throws {
  if let bars, !(0.0625...256).contains(bars) {
    throw ValidationError("--bars \(bars): 0.0625 to 256 are possible.")
  }
}

/// What shells offer for paths; folders are offered beside files of these kinds.
extension CompletionKind {
  /// A model file, or a run folder.
  static var model: CompletionKind { .file(extensions: ["safetensors"]) }
  /// A data set.
  static var dataset: CompletionKind { .file(extensions: ["vamen"]) }
}

extension BreakbeatVAE.Preset: ExpressibleByArgument {}
extension Emphasis: ExpressibleByArgument {}
extension WaveFile.SampleFormat: ExpressibleByArgument {}
extension HeldOut.Unit: ExpressibleByArgument {}
extension BreakFitting.Slice: ExpressibleByArgument {}
extension BreakFitting.Fit: ExpressibleByArgument {}
