import Testing
import VulkanCompute

@Suite("Lowered limits")
struct LoweredLimitsTests {
  @Test func limitsAreLoweredAndNeverRaised() throws {
    var limits = DeviceLimits()
    limits.maxComputeWorkGroupInvocations = 1024
    limits.maxComputeWorkGroupSize = [1024, 1024, 64]
    try limits.lower(
      to: "maxComputeWorkGroupInvocations=256,memoryByteCount=1, maxComputeSharedMemorySize=99999")
    #expect(limits.maxComputeWorkGroupInvocations == 256)
    #expect(limits.maxComputeWorkGroupSize == [256, 256, 64])
    #expect(limits.memoryByteCount == 1)
    #expect(limits.maxComputeSharedMemorySize == 16384)
  }

  /// Below it no tile suits a product, grids cannot be folded, and blocks of memory are empty.
  @Test(arguments: [
    ("maxMemoryAllocationSize", 256), ("maxComputeWorkGroupCount", 65535),
    ("maxComputeWorkGroupInvocations", 128), ("maxComputeSharedMemorySize", 16384),
  ])
  func lessThanWorkCanBePlannedForIsRefused(_ name: String, least: Int) throws {
    var limits = DeviceLimits()
    try limits.lower(to: "\(name)=\(least)")
    let before = limits
    let error = #expect(throws: VulkanError.self) {
      try limits.lower(to: "\(name)=\(least - 1)")
    }
    #expect(error?.code == .unknownLimit)
    #expect(
      error?.message
        == "VAMEN_LIMITS: \(name)=\(least - 1) is too low to work with, the least possible is "
        + "\(least)")
    #expect(error?.remedy == "write \(name)=\(least) or more")
    #expect(limits == before)
  }
}
