import BreakbeatTraining
import Tensors
import Testing
import VulkanCompute

/// Limits that a device of this machine does not have, but others do.
struct SimulatedLimits: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Whether shapes of the table may exceed them; kernels alone never do.
  let mayRefuse: Bool
  let apply: @Sendable (inout DeviceLimits) -> Void

  static let all = [
    kernels, memory,
    SimulatedLimits(testDescription: "all of them together", mayRefuse: true) { limits in
      kernels.apply(&limits)
      memory.apply(&limits)
    },
  ]

  /// The least that Vulkan guarantees to kernels: enough for all of them.
  private static let kernels = SimulatedLimits(
    testDescription: "16 KiB of shared memory, 128 invocations, 65,535 workgroups",
    mayRefuse: false
  ) {
    $0.maxComputeSharedMemorySize = 16384
    $0.maxComputeWorkGroupInvocations = 128
    $0.maxComputeWorkGroupSize = [128, 128, 64]
    $0.maxComputeWorkGroupCount = [65535, 65535, 65535]
  }

  private static let memory = SimulatedLimits(
    testDescription: "storage buffers of 1 MiB, 4 MiB of memory", mayRefuse: true
  ) {
    $0.maxStorageBufferRange = 1 << 20
    $0.memoryByteCount = 4 << 20
    $0.maxMemoryAllocationSize = 2 << 20
  }
}

/// Every operation under limits that only other devices have: the CPU's numbers, or an error that
/// says which limit and what to do.
@Suite("Simulated limits", .serialized, .opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct LimitsTests {
  @Test("every operation", arguments: SimulatedLimits.all)
  func operations(_ simulated: SimulatedLimits) throws {
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.adjustLimits = simulated.apply
    let device = try Device(matching: name, options: options)
    let backend = VulkanBackend(device)
    var refused: [String] = []
    for operation in OperationCase.all {
      do {
        for comparison in try operation.agreementWithCPU(backend) {
          #expect(
            comparison.passes,
            "\(operation), \(comparison.name): off by \(comparison.maxAbsoluteError)")
        }
      } catch let error as VulkanError {
        refused.append("\(operation): \(error)")
        #expect(
          error.code == .limitExceeded || error.code == .notEnoughMemory, "\(operation): \(error)")
        #expect(!error.remedy.isEmpty, "\(operation): \(error)")
      }
    }
    print("\(simulated.testDescription): \(refused.count) of \(OperationCase.all.count) refused")
    #expect(simulated.mayRefuse || refused.isEmpty, "\(refused.prefix(3))")
    #expect(refused.count < OperationCase.all.count / 4, "\(refused.prefix(3))")
  }
}
