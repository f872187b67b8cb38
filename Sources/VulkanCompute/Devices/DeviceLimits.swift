/// Limits that work must respect; the defaults are the smallest that Vulkan 1.2 allows.
public struct DeviceLimits: Sendable, Hashable, Codable {
  /// Bytes of a buffer that one binding of a shader can address.
  public var maxStorageBufferRange = 1 << 27
  /// Alignment of a binding's first byte, as storage buffer and as uniform block.
  public var minStorageBufferOffsetAlignment = 256
  /// Bytes of one allocation.
  public var maxMemoryAllocationSize = 1 << 30
  /// Number of allocations alive at a time.
  public var maxMemoryAllocationCount = 4096
  /// Workgroups of one dispatch along x, y and z.
  public var maxComputeWorkGroupCount = [65535, 65535, 65535]
  /// Invocations of one workgroup along x, y and z.
  public var maxComputeWorkGroupSize = [128, 128, 64]
  /// Invocations of one workgroup.
  public var maxComputeWorkGroupInvocations = 128
  /// Bytes that the invocations of one workgroup share.
  public var maxComputeSharedMemorySize = 16384
  /// Bytes of push constants.
  public var maxPushConstantsSize = 128
  /// Storage buffers of one shader.
  public var maxPerStageDescriptorStorageBuffers = 4
  /// Device memory that this process may plan to use.
  public var memoryByteCount = 1 << 30

  /// The smallest limits that Vulkan 1.2 allows, with 1 GiB of memory.
  public init() {}
}
