import Foundation
import VulkanCompute

/// The device that the suite shares: the one named by `VAMEN_DEVICE` or the preferred one, watched
/// by the validation layer where that is installed.
enum TestDevice {
  private static let opened = Result {
    let device = try open()
    let validation = device.isValidating ? "with validation" : "without validation"
    print("VulkanCompute is tested on \(device.description.name), \(validation)")
    return device
  }

  /// Whether there is a device at all; without one the suites that need it are skipped.
  static var isAvailable: Bool { (try? opened.get()) != nil }

  static func shared() throws -> Device { try opened.get() }

  /// A device of its own for a test that changes how it is opened.
  static func open(_ change: (inout Device.Options) -> Void = { _ in }) throws -> Device {
    var options = Device.Options()
    options.pipelineCache = .none
    options.validation = true
    change(&options)
    do {
      return try open(options)
    } catch let error as VulkanError where error.code == .validationUnavailable {
      options.validation = false
      return try open(options)
    }
  }

  private static func open(_ options: Device.Options) throws -> Device {
    let name = ProcessInfo.processInfo.environment["VAMEN_DEVICE"] ?? ""
    return name.isEmpty || name == "cpu"
      ? try Device(options: options) : try Device(matching: name, options: options)
  }
}
