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
  package static let all: [TestDevice] = wanted([cpu] + vulkanDevices)

  /// The CPU backend.
  package static let cpu = TestDevice(description: "CPU", backend: CPUBackend()) { nil }

  /// Every Vulkan device to test.
  package static var vulkan: [TestDevice] { all.filter { $0.backend is VulkanBackend } }

  private static let vulkanDevices: [TestDevice] = {
    guard let descriptions = try? Device.descriptions() else { return [] }
    return descriptions.compactMap { description in
      guard let device = open(description) else { return nil }
      return TestDevice(description: description.name, backend: VulkanBackend(device)) {
        device.isValidating ? device.validationMessages : nil
      }
    }
  }()

  private static func open(_ description: DeviceDescription) -> Device? {
    if description.kind == .software,
      let device = try? Device(description, options: .validating)
    {
      return device
    }
    return try? Device(description)
  }

  private static func wanted(_ devices: [TestDevice]) -> [TestDevice] {
    guard let list = getenv("VAMEN_TEST_DEVICES").map({ String(cString: $0) }) else {
      return devices
    }
    let words = list.lowercased().split(separator: ",")
    return devices.filter { device in
      words.contains { device.description.lowercased().contains($0) }
    }
  }
}
