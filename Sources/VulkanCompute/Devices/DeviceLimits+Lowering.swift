extension DeviceLimits {
  /// Lowers limits to those of a list such as
  /// `maxComputeSharedMemorySize=16384,memoryByteCount=8388608`; none is raised.
  ///
  /// A limit on workgroups or their sizes holds along each axis. What kernels are written for is the
  /// least that Vulkan guarantees; memory and the bytes of a buffer may be as few as one likes, and end
  /// in an error that says so.
  ///
  /// - Throws: ``VulkanError`` of code `unknownLimit` for a name that there is not, for what is no
  ///   number above 0, or for one below what work can be planned for.
  package mutating func lower(to list: String) throws {
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

  /// The least that work can be planned for: tiles of products and grids count on what every Vulkan
  /// device has, and memory is allocated in steps of 256 bytes.
  private static let leastPossible = [
    "maxMemoryAllocationSize": 256,
    "maxComputeWorkGroupCount": 65535,
    "maxComputeWorkGroupInvocations": 128,
    "maxComputeSharedMemorySize": 16384,
  ]

  private mutating func lower(_ name: String, to value: Int) throws {
    if let least = Self.leastPossible[name], value < least {
      throw VulkanError(
        .unknownLimit,
        "VAMEN_LIMITS: \(name)=\(value) is too low to work with, the least possible is \(least)",
        remedy: "write \(name)=\(least) or more")
    }
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
