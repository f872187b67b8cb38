import Tensors
import VulkanCompute

extension Backend {
  /// What a device can do beyond the least, in words.
  var features: String {
    guard let description = (self as? VulkanBackend)?.device.description else {
      return "no optional features"
    }
    let features = description.features
    let present = [
      ("16-bit storage", features.storage16Bit), ("16-bit arithmetic", features.float16),
      ("8-bit storage", features.storage8Bit), ("memory budget", features.memoryBudget),
      ("timestamps", features.timestamps),
    ].filter(\.1).map(\.0)
    return "device features: " + (present.isEmpty ? "core only" : present.joined(separator: ", "))
      + ", subgroups of \(features.subgroupSize)"
  }
}
