import CVulkan

/// Throws unless a call succeeded. `VK_TIMEOUT` and other positive results are failures here.
func check(_ result: VkResult, _ doing: @autoclosure () -> String) throws {
  guard result != VK_SUCCESS else { return }
  let cause = name(of: result)
  switch result {
  case VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_POOL_MEMORY:
    throw VulkanError(
      .notEnoughMemory, "not enough memory: \(doing())",
      remedy: "use a smaller batch or close other programs that use the device", cause: cause)
  case VK_ERROR_DEVICE_LOST:
    throw VulkanError(
      .deviceLost, "the device was lost: \(doing())",
      remedy: "start again from the last checkpoint; if it happens again, update the driver",
      cause: cause)
  default:
    throw VulkanError(
      .driver, "the driver failed: \(doing())", remedy: "update the driver or use the CPU",
      cause: cause)
  }
}

/// Vulkan's own name for a result.
private func name(of result: VkResult) -> String {
  let names: [(VkResult, String)] = [
    (VK_NOT_READY, "VK_NOT_READY"), (VK_TIMEOUT, "VK_TIMEOUT"), (VK_INCOMPLETE, "VK_INCOMPLETE"),
    (VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY"),
    (VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY"),
    (VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED"),
    (VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST"),
    (VK_ERROR_MEMORY_MAP_FAILED, "VK_ERROR_MEMORY_MAP_FAILED"),
    (VK_ERROR_LAYER_NOT_PRESENT, "VK_ERROR_LAYER_NOT_PRESENT"),
    (VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT"),
    (VK_ERROR_FEATURE_NOT_PRESENT, "VK_ERROR_FEATURE_NOT_PRESENT"),
    (VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER"),
    (VK_ERROR_TOO_MANY_OBJECTS, "VK_ERROR_TOO_MANY_OBJECTS"),
    (VK_ERROR_OUT_OF_POOL_MEMORY, "VK_ERROR_OUT_OF_POOL_MEMORY"),
    (VK_ERROR_FRAGMENTATION, "VK_ERROR_FRAGMENTATION"),
    (VK_ERROR_INVALID_SHADER_NV, "VK_ERROR_INVALID_SHADER_NV"),
    (VK_ERROR_UNKNOWN, "VK_ERROR_UNKNOWN"),
  ]
  return names.first { $0.0 == result }?.1 ?? "VkResult \(result.rawValue)"
}
