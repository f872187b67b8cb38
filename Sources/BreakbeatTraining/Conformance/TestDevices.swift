package import Tensors
import VulkanCompute

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The devices that tests run on: the CPU always, and every Vulkan device there is.
///
/// `VAMEN_TEST_DEVICES`, a list such as `cpu,llvmpipe`, restricts them to those whose names contain
/// a listed word. Software devices run with Vulkan's validation layer where it is installed.
package struct TestDevice: Sendable, CustomStringConvertible {
  /// The device's name.
  package let description: String
  /// Where programs run.
  package let backend: any Backend
  /// What the validation layer has reported; `nil` without the layer.
  package let validationMessages: @Sendable () -> [String]?

  /// Every device to test, opened once.
  package static let all: [TestDevice] = wanted([cpu] + found.devices)

  /// The CPU backend.
  package static let cpu = TestDevice(description: "CPU", backend: CPUBackend()) { nil }

  /// Every Vulkan device to test.
  package static var vulkan: [TestDevice] { all.filter { $0.backend is VulkanBackend } }

  /// Why devices that were found could not be opened.
  package static var failures: [String] { found.failures }

  /// Whether the environment's `VAMEN_LIMITS` holds devices to lower limits than their own.
  package static var hasLowerLimits: Bool { getenv("VAMEN_LIMITS") != nil }

  /// Whether the environment restricts the devices.
  package static var isRestricted: Bool { words != nil }

  private static let found: (devices: [TestDevice], failures: [String]) = {
    var options = Device.Options()
    options.validation = false
    guard let descriptions = try? Device.descriptions(options) else { return ([], []) }
    var devices: [TestDevice] = []
    var failures: [String] = []
    for description in descriptions {
      do {
        let device = try open(description, options)
        devices.append(
          TestDevice(description: description.name, backend: VulkanBackend(device)) {
            device.isValidating ? device.validationMessages : nil
          })
      } catch {
        failures.append("\(description.name): \(error)")
      }
    }
    return (devices, failures)
  }()

  private static func open(
    _ description: DeviceDescription, _ options: Device.Options
  ) throws -> Device {
    if description.kind == .software,
      let device = try? Device(description, options: .validating)
    {
      return device
    }
    return try Device(description, options: options)
  }

  private static let words = getenv("VAMEN_TEST_DEVICES").map {
    String(cString: $0).lowercased().split(separator: ",").map(String.init)
  }

  private static func wanted(_ devices: [TestDevice]) -> [TestDevice] {
    guard let words else { return devices }
    return devices.filter { device in
      words.contains { device.description.lowercased().contains($0) }
    }
  }
}
