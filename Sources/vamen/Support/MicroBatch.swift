import ArgumentParser
import BreakbeatTraining
import Tensors

/// `--micro-batch`: how much of a batch is in memory at a time.
enum MicroBatch: ExpressibleByArgument, CustomStringConvertible, Equatable {
  /// The whole batch.
  case off
  /// As much as fits.
  case auto
  /// At most so many pictures.
  case pictures(Int)

  init?(argument: String) {
    switch argument.lowercased() {
    case "off": self = .off
    case "auto": self = .auto
    default:
      guard let count = Int(argument) else { return nil }
      self = .pictures(count)
    }
  }

  var description: String {
    switch self {
    case .off: "off"
    case .auto: "auto"
    case .pictures(let count): "\(count)"
    }
  }

  var defaultValueDescription: String { description }

  func check() throws {
    if case .pictures(let count) = self, !(1...4096).contains(count) {
      throw ValidationError("--micro-batch \(count): auto, off or 1 to 4096 are possible.")
    }
  }

  /// Sets what was asked for; `auto` is planned once there is a device.
  func apply(to configuration: inout TrainingConfiguration) {
    configuration.fitsMicroBatch = self == .auto
    configuration.settings.microBatchSize = nil
    if case .pictures(let count) = self { configuration.settings.microBatchSize = count }
  }

  /// Sets what was asked for; `auto` plans for a device and says what it found.
  func apply(to settings: inout TrainingSettings, on backend: any Backend) throws {
    switch self {
    case .off: settings.microBatchSize = nil
    case .pictures(let count): settings.microBatchSize = count
    case .auto:
      let plan = try MicroBatchPlan(settings, on: backend)
      settings.microBatchSize = plan.size
      Terminal.note("Micro-batch: \(plan)")
    }
  }
}
