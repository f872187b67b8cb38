import BreakbeatTraining
import Breakbeats
import Tensors
import Testing
import VulkanCompute

/// Training where almost nothing fits: the least shared memory and workgroups that Vulkan allows,
/// storage buffers of 1 MiB, a few MiB of memory.
@Suite("Training under simulated limits", .opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct LimitedTrainingTests {
  private static let limits =
    "maxComputeSharedMemorySize=16384,maxComputeWorkGroupInvocations=128,"
    + "maxComputeWorkGroupCount=65535,maxStorageBufferRange=1048576"

  private func backend(memory: Int) throws -> VulkanBackend {
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.lowerLimits = "\(Self.limits),memoryByteCount=\(memory)"
    return VulkanBackend(try Device(matching: name, options: options))
  }

  private func settings(_ data: BreakbeatDataset) -> TrainingSettings {
    var settings = TrainingSettings(.tiny, steps: 20, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 24
    return settings
  }

  @Test func aStepInPartsIsTheStepOfTheCPU() async throws {
    let data = try await TestData.pictures(.tiny, count: 32)
    var settings = settings(data)
    let whole = try Trainer(
      settings, data: data, choice: BackendChoice(CPUBackend(), reason: "tested"))
    let backend = try backend(memory: 12 << 20)
    // The whole batch is refused, with the way out.
    let refusal = #expect(throws: TrainingDataError.self) {
      _ = try Trainer(settings, data: data, choice: BackendChoice(backend, reason: "tested"))
    }
    #expect(refusal?.code == .resources)
    #expect(refusal?.remedy.contains("--micro-batch auto") == true, "\(refusal?.remedy ?? "")")
    let plan = try MicroBatchPlan(settings, on: backend)
    let size = try #require(plan.size, "\(plan)")
    #expect((1..<24).contains(size))
    settings.microBatchSize = size
    let parts = try Trainer(
      settings, data: data, choice: BackendChoice(backend, reason: "tested"))
    for _ in 0..<2 {
      let (loss, expected) = try await (parts.takeStep().loss, whole.takeStep().loss)
      #expect(abs(loss - expected) < 1e-3, "\(plan): \(loss), CPU \(expected)")
    }
  }

  @Test func whatCannotFitIsRefusedWithAdvice() async throws {
    let data = try await TestData.pictures(.tiny, count: 32)
    let backend = try backend(memory: 2 << 20)
    let error = #expect(throws: TrainingDataError.self) {
      _ = try MicroBatchPlan(settings(data), on: backend)
    }
    #expect(error?.code == .resources)
    #expect(error?.remedy.contains("smaller preset") == true)
  }

  @Test(arguments: [
    "memoryByteCount=0", "memoryByteCount", "memory=1", "=", "maxStorageBufferRange=x",
  ])
  func aLimitThatThereIsNotIsAnError(_ list: String) throws {
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.lowerLimits = list
    let error = #expect(throws: VulkanError.self) { try Device(matching: name, options: options) }
    #expect(error?.code == .unknownLimit)
    #expect(error?.remedy.contains("maxStorageBufferRange") == true)
  }
}
