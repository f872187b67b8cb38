public import VulkanCompute

/// What a choice of tiles may depend on: facts of a device, never its load.
public struct TileTarget: Sendable, Hashable, Codable {
  /// Invocations of one workgroup.
  public var maxInvocations: Int
  /// Bytes that the invocations of one workgroup share.
  public var sharedMemoryByteCount: Int
  /// Invocations that run in step, at least: 64 is the mark of GPUs with few registers for each.
  public var minSubgroupSize: Int
  /// Whether it is a program on the CPU: kernels are compiled for as few variants as possible and
  /// unrolled little, because compiling them takes longer than running them.
  public var isSoftware: Bool
  /// Whether long sums may be cut to fill a large device; not where they have one order everywhere.
  package var cutsSums = true

  private enum CodingKeys: String, CodingKey {
    case maxInvocations, sharedMemoryByteCount, minSubgroupSize, isSoftware
  }

  /// A target with the least that Vulkan guarantees, unless said otherwise.
  public init(
    maxInvocations: Int = 128, sharedMemoryByteCount: Int = 16384, minSubgroupSize: Int = 32,
    isSoftware: Bool = false
  ) {
    self.maxInvocations = maxInvocations
    self.sharedMemoryByteCount = sharedMemoryByteCount
    self.minSubgroupSize = minSubgroupSize
    self.isSoftware = isSoftware
  }

  /// More than any device has: what does not suit it suits none.
  package static let largest = TileTarget(maxInvocations: .max, sharedMemoryByteCount: .max)

  /// A device as it is.
  public init(_ device: Device) {
    self.init(
      maxInvocations: min(
        device.limits.maxComputeWorkGroupInvocations, device.limits.maxComputeWorkGroupSize[0]),
      sharedMemoryByteCount: device.limits.maxComputeSharedMemorySize,
      minSubgroupSize: device.description.features.minSubgroupSize,
      isSoftware: device.description.kind == .software)
  }

  /// Results that an invocation can sum in registers while four groups of invocations share them.
  var registerSums: Int { minSubgroupSize >= 64 ? 32 : 64 }

  /// Invocations that a large device of the kind holds at half occupancy: an H100's 132
  /// multiprocessors, or the 64 compute units of a Vega.
  var largeDeviceInvocations: Int { minSubgroupSize >= 64 ? 64 * 1024 : 128 * 1024 }

  /// Shared bytes for each invocation that leave room for four groups of invocations per unit.
  var sharedBytesPerInvocation: Int { minSubgroupSize >= 64 ? 64 : 128 }
}
