import BreakbeatTraining
import Breakbeats
import Foundation
import Tensors
import Testing
import VulkanCompute

/// Steps taken in parts against steps taken in one.
@Suite(.opensDevices) struct MicroBatchTests {
  private func settings(
    _ preset: BreakbeatVAE.Preset = .tiny, batchSize: Int, microBatchSize: Int? = nil
  ) -> TrainingSettings {
    var settings = TrainingSettings(preset, steps: 40, seed: 3)
    settings.batchSize = batchSize
    settings.microBatchSize = microBatchSize
    return settings
  }

  /// Losses of some steps and the state after them.
  private func train(
    _ data: BreakbeatDataset, _ backend: any Backend, microBatchSize: Int?, steps: Int = 5
  ) async throws -> (losses: [Double], state: TrainingState, operations: Int) {
    var settings = settings(batchSize: 8, microBatchSize: microBatchSize)
    settings.model.spectrogram = data.settings
    let trainer = try Trainer(
      settings, data: data, choice: BackendChoice(backend, reason: "tested"))
    var losses: [Double] = []
    for _ in 0..<steps { losses.append(try await trainer.takeStep().loss) }
    return (losses, try await trainer.state(), trainer.report.steps)
  }

  /// The bound: losses to 1e-4; the mean of the gradients over five steps to 2e-3 of its largest
  /// number, tensor by tensor. Adam divides by the size of gradients, so that rounding moves the
  /// weights, and with them later gradients, by more than itself.
  private func expectTheSame(
    _ parts: (losses: [Double], state: TrainingState, operations: Int),
    _ whole: (losses: [Double], state: TrainingState, operations: Int), _ what: String
  ) {
    for (loss, expected) in zip(parts.losses, whole.losses) {
      #expect(abs(loss - expected) < 1e-4, "\(what): \(parts.losses), whole \(whole.losses)")
    }
    for (moment, expected) in zip(parts.state.tensors, whole.state.tensors)
    where moment.name.hasSuffix("firstMoment") {
      let scale = expected.values.reduce(0) { max($0, abs($1)) }
      let error = zip(moment.values, expected.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 2e-3 * scale, "\(what): \(moment.name) \(error) of \(scale)")
    }
  }

  /// 3 does not divide 8: parts of 3, 3 and 2, the last filled up with a picture that does not
  /// count.
  @Test func partsGiveTheResultOfTheWholeBatch() async throws {
    let data = try await TestData.pictures(.tiny, count: 24)
    for device in TestDevice.all {
      let steps = device.backend is CPUBackend ? 5 : 3
      let whole = try await train(data, device.backend, microBatchSize: nil, steps: steps)
      for size in [1, 3, 8] {
        let parts = try await train(data, device.backend, microBatchSize: size, steps: steps)
        expectTheSame(parts, whole, "\(size) of 8 on \(device)")
        // As many operations again for each part, save those of the update: an Adam for each of 34
        // parameters, and their norm.
        let least = size < 8 ? (whole.operations - 80) * (8 / size) : whole.operations
        #expect(parts.operations >= least, "nothing was cut")
      }
    }
  }

  @Test func partsGiveTheSameBitsTwice() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    for device in TestDevice.all {
      let runs = [
        try await train(data, device.backend, microBatchSize: 3, steps: 1),
        try await train(data, device.backend, microBatchSize: 3, steps: 1),
      ]
      #expect(runs[0].losses == runs[1].losses)
      #expect(runs[0].state.tensors == runs[1].state.tensors, "\(device)")
    }
  }

  @Test func aBatchThatFitsIsNotCut() throws {
    let plan = try MicroBatchPlan(settings(batchSize: 32), on: CPUBackend())
    #expect(plan.size == nil)
    #expect("\(plan)".contains("whole batch"))
  }

  @Test(arguments: [0, 4097, Int.max])
  func anImpossibleBatchIsRefusedBeforeItIsCut(_ batchSize: Int) throws {
    let error = #expect(throws: TrainingDataError.self) {
      _ = try MicroBatchPlan(settings(batchSize: batchSize), on: CPUBackend())
    }
    #expect(error?.code == .invalidSettings)
  }

  @Test(.enabled(if: !TestDevice.vulkan.isEmpty))
  func storageBuffersOfHalfAMebibyteTakeParts() async throws {
    let data = try await TestData.pictures(.tiny, count: 16)
    let limited = try device { $0.maxStorageBufferRange = 1 << 19 }
    var settings = settings(batchSize: 12)
    settings.model.spectrogram = data.settings
    let refused = #expect(throws: TrainingDataError.self) {
      _ = try Trainer(settings, data: data, choice: BackendChoice(limited, reason: "tested"))
    }
    #expect(refused?.remedy.contains("--micro-batch auto (6 pictures") ?? false)
    // A tuner asks first.
    let untuned = #expect(throws: TrainingDataError.self) {
      _ = try settings.products(on: limited)
    }
    #expect(untuned?.code == .resources && untuned?.remedy == refused?.remedy)
    // 16 channels of 32 x 32 floats are 64 KiB.
    let plan = try MicroBatchPlan(settings, on: limited)
    #expect(plan.size == 6, "\(plan)")
    settings.microBatchSize = plan.size
    let trainer = try Trainer(
      settings, data: data, choice: BackendChoice(limited, reason: "tested"))
    let parts = try await trainer.takeStep()
    settings.microBatchSize = nil
    let whole = try await Trainer(
      settings, data: data, choice: BackendChoice(CPUBackend(), reason: "tested")
    ).takeStep()
    #expect(abs(parts.loss - whole.loss) < 1e-4)
  }

  @Test(.enabled(if: !TestDevice.vulkan.isEmpty))
  func theFullPresetFitsSmallDevicesByPlan() throws {
    let small = try device {
      $0.memoryByteCount = 4 << 30
      $0.maxStorageBufferRange = 1 << 27
    }
    let before = small.availableByteCount
    let plan = try MicroBatchPlan(settings(.full, batchSize: 64), on: small)
    // 32 channels of 256 x 256 floats are 8 MiB, 16 of them 128 MiB.
    #expect((1...16).contains(plan.size ?? 64), "\(plan)")
    #expect(plan.byteCount <= 4 << 30)
    #expect(small.availableByteCount >= before - (64 << 20), "planning allocated something")

    let smaller = try device { $0.memoryByteCount = 1 << 30 }
    let tighter = try MicroBatchPlan(settings(.full, batchSize: 64), on: smaller)
    #expect((tighter.size ?? 64) <= (plan.size ?? 64), "\(tighter)")
    #expect(tighter.byteCount <= 1 << 30)

    let tiny = try device { $0.memoryByteCount = 100 << 20 }
    #expect(throws: TrainingDataError.self) {
      _ = try MicroBatchPlan(settings(.full, batchSize: 64), on: tiny)
    }
  }

  private func device(
    _ adjust: @escaping @Sendable (inout DeviceLimits) -> Void
  ) throws -> VulkanBackend {
    guard let backend = TestDevice.vulkan.first?.backend as? VulkanBackend else {
      preconditionFailure("no Vulkan device")
    }
    var options = Device.Options()
    options.adjustLimits = adjust
    return VulkanBackend(try Device(backend.device.description, options: options))
  }
}
