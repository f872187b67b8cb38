import ArgumentParser
import Foundation
import Tensors
import VulkanCompute

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists compute devices, and which one is used when none is named and why.")

  @OptionGroup var output: JSONOption

  func run() throws {
    let choice = try BackendChoice()
    var devices: [DeviceDescription] = []
    var problem: String?
    do { devices = try Device.descriptions() } catch { problem = "\(error)" }
    if output.json {
      try printJSON(devices, choice: choice)
    } else {
      printText(devices, choice: choice, problem: problem)
    }
  }

  private func isDefault(_ device: DeviceDescription, _ choice: BackendChoice) -> Bool {
    (choice.backend as? VulkanBackend)?.device.description.deviceUUID == device.deviceUUID
  }

  private func printText(
    _ devices: [DeviceDescription], choice: BackendChoice, problem: String?
  ) {
    for device in devices {
      print("\(device.index): \(device.name)\(isDefault(device, choice) ? "  (default)" : "")")
      print("   \(device.kind.rawValue), \(device.vendor), Vulkan \(device.apiVersion)")
      print("   driver \(device.driverName) \(device.driverVersion)")
      print(
        "   memory \(device.memoryByteCount >> 20) MiB, subgroups of \(device.features.subgroupSize)"
      )
      print("   \(features(of: device))")
      print("   \(limits(of: device))")
    }
    let isCPU = choice.backend is CPUBackend
    print("cpu: \(CPUBackend().name)\(isCPU ? "  (default)" : "")")
    if let problem { print("Vulkan: \(problem)") }
    print("Default: \(choice.backend.name), \(choice.reason)")
  }

  private func features(of device: DeviceDescription) -> String {
    let features = device.features
    let present = [
      ("16-bit storage", features.storage16Bit), ("16-bit arithmetic", features.float16),
      ("8-bit storage", features.storage8Bit), ("8-bit integers", features.integer8),
      ("16-bit integers", features.integer16), ("64-bit integers", features.integer64),
      ("subgroup sums", features.subgroupArithmetic),
      ("subgroup shuffles", features.subgroupShuffle), ("memory budget", features.memoryBudget),
      ("timestamps", features.timestamps),
    ].filter(\.1).map(\.0)
    return present.isEmpty ? "core features only" : present.joined(separator: ", ")
  }

  private func limits(of device: DeviceDescription) -> String {
    let limits = device.limits
    return "storage buffers of \(limits.maxStorageBufferRange >> 20) MiB, workgroups of "
      + "\(limits.maxComputeWorkGroupInvocations) invocations sharing "
      + "\(limits.maxComputeSharedMemorySize >> 10) KiB"
  }

  private struct Line: Encodable {
    var name: String
    var isDefault: Bool
    var reason: String?
    var description: DeviceDescription?
  }

  private func printJSON(_ devices: [DeviceDescription], choice: BackendChoice) throws {
    for device in devices {
      let chosen = isDefault(device, choice)
      try Terminal.printJSON(
        Line(
          name: device.name, isDefault: chosen, reason: chosen ? choice.reason : nil,
          description: device))
    }
    let chosen = choice.backend is CPUBackend
    try Terminal.printJSON(
      Line(name: "cpu", isDefault: chosen, reason: chosen ? choice.reason : nil, description: nil))
  }
}
