public import VulkanCompute

/// What a choice of tiles may depend on: facts of a device, never its load.
public struct TileTarget: Sendable, Hashable, Codable {
  /// Invocations of one workgroup.
  public var maxInvocations: Int
  /// Bytes that the invocations of one workgroup share.
  public var sharedMemoryByteCount: Int
  /// Invocations that run in step.
  public var subgroupSize: Int
  /// Whether it is a program on the CPU: kernels are compiled for as few variants as possible and
  /// unrolled little, because compiling them takes longer than running them.
  public var isSoftware: Bool

  /// A target with the least that Vulkan guarantees, unless said otherwise.
  public init(
    maxInvocations: Int = 128, sharedMemoryByteCount: Int = 16384, subgroupSize: Int = 32,
    isSoftware: Bool = false
  ) {
    self.maxInvocations = maxInvocations
    self.sharedMemoryByteCount = sharedMemoryByteCount
    self.subgroupSize = subgroupSize
    self.isSoftware = isSoftware
  }

  /// A device as it is.
  public init(_ device: Device) {
    self.init(
      maxInvocations: min(
        device.limits.maxComputeWorkGroupInvocations, device.limits.maxComputeWorkGroupSize[0]),
      sharedMemoryByteCount: device.limits.maxComputeSharedMemorySize,
      subgroupSize: device.description.features.subgroupSize,
      isSoftware: device.description.kind == .software)
  }
}
