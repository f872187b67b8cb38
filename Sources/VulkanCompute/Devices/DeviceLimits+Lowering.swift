extension DeviceLimits {
  /// Lowers limits to those of a list such as
  /// `maxComputeSharedMemorySize=16384,memoryByteCount=8388608`; none is raised.
  ///
  /// A limit on workgroups or their sizes holds along each axis.
  ///
  /// - Throws: ``VulkanError`` of code `unknownLimit` for a name that there is not, or for what is no
  ///   number above 0.
  mutating func lower(to list: String) throws {
    for entry in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
      let parts = entry.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Int(parts[1]), value > 0 else {
        throw VulkanError(
          .unknownLimit, "VAMEN_LIMITS: \(entry) is not a limit and a number above 0",
          remedy: "write maxStorageBufferRange=1048576 or the like")
      }
      try lower(String(parts[0]), to: value)
    }
  }

  private mutating func lower(_ name: String, to value: Int) throws {
    switch name {
    case "maxStorageBufferRange": maxStorageBufferRange = min(maxStorageBufferRange, value)
    case "maxMemoryAllocationSize": maxMemoryAllocationSize = min(maxMemoryAllocationSize, value)
    case "maxMemoryAllocationCount": maxMemoryAllocationCount = min(maxMemoryAllocationCount, value)
    case "maxComputeWorkGroupCount":
      maxComputeWorkGroupCount = maxComputeWorkGroupCount.map { min($0, value) }
    case "maxComputeWorkGroupInvocations":
      maxComputeWorkGroupInvocations = min(maxComputeWorkGroupInvocations, value)
      maxComputeWorkGroupSize = maxComputeWorkGroupSize.map { min($0, value) }
    case "maxComputeSharedMemorySize":
      maxComputeSharedMemorySize = min(maxComputeSharedMemorySize, value)
    case "memoryByteCount": memoryByteCount = min(memoryByteCount, value)
    default:
      throw VulkanError(
        .unknownLimit, "VAMEN_LIMITS: there is no limit \(name)",
        remedy: "choose maxStorageBufferRange, maxMemoryAllocationSize, maxMemoryAllocationCount, "
          + "maxComputeWorkGroupCount, maxComputeWorkGroupInvocations, "
          + "maxComputeSharedMemorySize or memoryByteCount")
    }
  }
}
