import VulkanCompute

/// The device that the suite shares: the one named by `VAMEN_DEVICE` or the preferred one, watched
/// by the validation layer where that is installed.
enum TestDevice {
  private static let opened = Result { try open() }

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
      return try Device(options: options)
    } catch let error as VulkanError where error.code == .validationUnavailable {
      options.validation = false
      return try Device(options: options)
    }
  }
}
