import BreakbeatTraining
import Breakbeats
import Foundation
import Tensors
import Testing
import VulkanCompute

/// Training in mixed precision: how far from float32, the same bits after resuming, overflows, and
/// the devices that cannot.
@Suite("Mixed training", .serialized, .opensDevices) struct MixedTrainingTests {
  private static let able = TestDevice.all.filter { $0.backend.halfStorageObstacle == nil }

  private func trainer(
    _ data: BreakbeatDataset, _ precision: Precision, microBatchSize: Int? = nil,
    on device: TestDevice
  ) throws -> Trainer {
    var settings = TrainingSettings(.tiny, steps: 60, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 4
    settings.microBatchSize = microBatchSize
    settings.precision = precision
    return try Trainer(
      settings, data: data, choice: BackendChoice(device.backend, reason: "tested"))
  }

  private func losses(_ trainer: Trainer, steps: Int) async throws -> [Double] {
    var losses: [Double] = []
    for _ in 0..<steps { losses.append(try await trainer.takeStep().loss) }
    return losses
  }

  private func bits(_ state: TrainingState) -> [String: [UInt32]] {
    Dictionary(uniqueKeysWithValues: state.tensors.map { ($0.name, $0.values.map(\.bitPattern)) })
  }

  /// The stated distance: losses of the first step to 5e-4, of the first twenty to 0.02; they fall by
  /// about 1 meanwhile.
  @Test("losses stay near those of float32", arguments: able)
  func followsFloat32(_ device: TestDevice) async throws {
    let data = try await TestData.pictures(.tiny, count: 24)
    let steps = device.backend is CPUBackend ? 20 : 6
    let mixed = try trainer(data, .mixed, on: device)
    let (found, expected) = (
      try await losses(mixed, steps: steps),
      try await losses(try trainer(data, .float32, on: device), steps: steps)
    )
    #expect(abs(found[0] - expected[0]) < 5e-4 && found != expected)
    for (index, (loss, other)) in zip(found, expected).enumerated() {
      #expect(abs(loss - other) < 0.02, "\(device), step \(index + 1): \(loss), float32 \(other)")
    }
    let half = try #require(mixed.report.halfStorage)
    #expect(Double(half.arenaByteCount) < 0.6 * Double(half.float32ArenaByteCount), "\(half.text)")
    let messages = device.validationMessages() ?? []
    #expect(messages.isEmpty, "\(device): \(messages.prefix(3))")
  }

  @Test("a resumed run has the same bits", arguments: able)
  func resumesExactly(_ device: TestDevice) async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    let whole = try trainer(data, .mixed, on: device)
    _ = try await losses(whole, steps: 3)
    let middle = try await whole.state()
    let names = middle.tensors.map(\.name)
    #expect(names.contains("lossScale") && names.contains("lossScale.goodSteps"))
    _ = try await losses(whole, steps: 3)
    let resumed = try trainer(data, .mixed, on: device)
    try await resumed.restore(middle)
    _ = try await losses(resumed, steps: 3)
    #expect(bits(try await whole.state()) == bits(try await resumed.state()), "\(device)")
    // A state of a run in float32 has no scale.
    let plain = try await trainer(data, .float32, on: device).state()
    await #expect(throws: TrainingDataError.self) { try await resumed.restore(plain) }
  }

  @Test("an overflow of half precision skips the step", arguments: able)
  func skipsOverflows(_ device: TestDevice) async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    for microBatchSize in [nil, 2] {
      let trainer = try trainer(data, .mixed, microBatchSize: microBatchSize, on: device)
      _ = try await losses(trainer, steps: 2)
      var state = try await trainer.state()
      let index = try #require(state.tensors.firstIndex { $0.name == "lossScale" })
      state.tensors[index].values = [0x1p60]
      try await trainer.restore(state)
      let before = bits(try await trainer.state())
      let report = try await trainer.takeStep()
      #expect(report.isSkipped == true && report.lossScale == 0x1p60 && report.gradientNorm == nil)
      #expect(report.loss.isFinite && "\(report)".contains("skipped"))
      var after = bits(try await trainer.state())
      // The largest scale there is.
      #expect(after["lossScale"] == [Float(0x1p24).bitPattern])
      #expect(after["lossScale.goodSteps"] == [0])
      for name in ["lossScale", "lossScale.goodSteps"] { after[name] = before[name] }
      #expect(after == before, "\(device), parts of \(String(describing: microBatchSize))")
      // It comes down until gradients fit.
      var isSkipped = true
      for _ in 0..<24 where isSkipped { isSkipped = try await trainer.takeStep().isSkipped ?? true }
      #expect(!isSkipped)
    }
  }

  /// Parts round the same maps; only sums differ.
  @Test("micro-batches give the result of the batch", arguments: able)
  func worksInParts(_ device: TestDevice) async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    let whole = try await losses(try trainer(data, .mixed, on: device), steps: 3)
    let parts = try trainer(data, .mixed, microBatchSize: 3, on: device)
    for (loss, expected) in zip(try await losses(parts, steps: 3), whole) {
      #expect(abs(loss - expected) < 2e-3, "\(device): \(loss), whole \(expected)")
    }
  }

  @Test func aDeviceWithoutHalvesIsNamed() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    for device in TestDevice.all where device.backend.halfStorageObstacle != nil {
      let error = #expect(throws: TensorError.self) { try trainer(data, .mixed, on: device) }
      #expect(error?.code == .unsupported)
      #expect(error?.message.contains(device.description) == true, "\(error?.message ?? "")")
    }
  }

  @Test func settingsWithoutAPrecisionAreFloat32() throws {
    let settings = TrainingSettings(.tiny, steps: 1, seed: 1)
    var json = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(settings)) as? [String: Any])
    #expect(json.removeValue(forKey: "precision") as? String == "float32")
    let old = try JSONSerialization.data(withJSONObject: json)
    #expect(try JSONDecoder().decode(TrainingSettings.self, from: old) == settings)
    json["precision"] = "mixed"
    let new = try JSONSerialization.data(withJSONObject: json)
    #expect(try JSONDecoder().decode(TrainingSettings.self, from: new).precision == .mixed)
  }
}
