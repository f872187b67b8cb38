import BreakbeatTraining
import Breakbeats
import Tensors
import Testing
import VulkanCompute

/// How much kernels multiply beside the textbook, for devices that are not here: programs are
/// planned, not compiled.
@Suite("Executed multiplications")
struct ExecutedMultiplicationTests {
  /// NVIDIA's and AMD's limits, and the least that Vulkan guarantees.
  static let targets = [
    TileTarget(maxInvocations: 1024, sharedMemoryByteCount: 49152),
    TileTarget(maxInvocations: 1024, sharedMemoryByteCount: 65536, minSubgroupSize: 64),
    TileTarget(),
    TileTarget(
      maxInvocations: 1024, sharedMemoryByteCount: 32768, minSubgroupSize: 8, isSoftware: true),
  ]

  /// Every forward product, gradient by input and gradient by weight of a training step.
  private func products(
    _ preset: BreakbeatVAE.Preset, batchSize: Int, _ target: TileTarget
  ) throws -> [DispatchGraph.Dispatch]? {
    guard let device = (TestDevice.vulkan.first?.backend as? VulkanBackend)?.device else {
      return nil
    }
    let backend = DeclaringBackend(device, tileTarget: target)
    try KernelSurvey.plan(preset.configuration, batchSize, on: backend)
    let step = try #require(backend.programs.first { $0.label == KernelSurvey.stepLabel })
    return step.dispatches.filter { $0.executedMultiplications > 0 }
  }

  @Test(
    "no layer of full exceeds the minimum by 5 %", .enabled(if: !TestDevice.vulkan.isEmpty),
    arguments: targets, [1, 8, 64])
  func full(_ target: TileTarget, _ batchSize: Int) throws {
    guard let products = try products(.full, batchSize: batchSize, target) else { return }
    let layers = BreakbeatVAE.Preset.full.configuration.channels.count
    // Forward and by weight of every layer, by input of all but the first; moments are one layer.
    #expect(products.count == 3 * (2 * layers + 2) - 1)
    for product in products {
      let excess = product.executedMultiplications / product.multiplications - 1
      #expect(
        excess <= 0.05 && excess >= 0,
        "\(product.label): \(100 * excess) % more at batch \(batchSize), \(target)")
    }
  }

  @Test(
    "a batch that kernels cannot count is refused", .enabled(if: !TestDevice.vulkan.isEmpty),
    arguments: [0, 4096, 5_000_000, Int.max])
  func impossible(_ batchSize: Int) throws {
    let error = #expect(throws: TrainingDataError.self) {
      _ = try products(.full, batchSize: batchSize, TileTarget())
    }
    #expect(error?.code == .invalidSettings)
  }

  @Test(
    "other presets at their batch", .enabled(if: !TestDevice.vulkan.isEmpty), arguments: targets,
    BreakbeatVAE.Preset.allCases)
  func presets(_ target: TileTarget, _ preset: BreakbeatVAE.Preset) throws {
    guard
      let products = try products(
        preset, batchSize: preset.recommendation.batchSize, target)
    else { return }
    for product in products {
      let excess = product.executedMultiplications / product.multiplications - 1
      #expect(excess <= 0.05, "\(preset), \(product.label): \(100 * excess) %, \(target)")
    }
  }
}
