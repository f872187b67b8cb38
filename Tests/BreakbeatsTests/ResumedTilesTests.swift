import BreakbeatTraining
import Breakbeats
import Foundation
import Tensors
import Testing
import VulkanCompute

/// A run keeps the tiles it was started with, whatever is tuned before it is resumed.
@Suite("Tiles of resumed runs", .opensDevices, .enabled(if: !TestDevice.vulkan.isEmpty))
struct ResumedTilesTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "vamen-tiles-\(UUID().uuidString)").path

  /// Tunes with made-up times that favour one of the candidates, and adds that to the device's
  /// tuning file.
  private func tune(
    _ problems: [ProductProblem], on device: Device, favouring favourite: Int
  ) -> TileChoices {
    let target = TileTarget(device)
    let tuner = Tuner(
      candidates: { ProductTile.candidates(for: $0, on: target) }, hasTime: { true }
    ) { problem, tile in
      let candidates = ProductTile.candidates(for: problem, on: target)
      let isFavourite = tile == candidates[favourite % candidates.count]
      return .init(seconds: isFavourite ? 1 : 2, difference: 0)
    }
    let file = TuningFile(
      device.cacheFolder, identity: .init(device.description, kernels: []))
    return Tuning(of: problems, tuner: tuner, file: file, isAnew: true).choices
  }

  private func state(_ run: TrainingRun) async throws -> [[UInt32]] {
    try await run.trainer.state().tensors.map { $0.values.map(\.bitPattern) }
  }

  @Test func anotherTuningFileChangesNothing() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.pipelineCache = .folder(folder + "/cache")
    let device = try Device(matching: name, options: options)
    var settings = TrainingSettings(.tiny, steps: 20, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    let problems = try settings.products(on: VulkanBackend(device))
    let first = tune(problems, on: device, favouring: 1)
    let choice = { (tiles: TileChoices) in
      BackendChoice(VulkanBackend(device, tileChoices: tiles), reason: "tested")
    }
    let run = { [settings, folder] (name: String, tiles: TileChoices, isResumed: Bool) in
      try await TrainingRun(
        settings, data: data, folder: "\(folder)/\(name)", resuming: isResumed,
        choice: choice(tiles), cadence: .init(checkpoint: 500, preview: 0))
    }
    // Three steps without a pause, and one step.
    let whole = try await run("whole", first, false)
    var steps = 0
    _ = try await whole.run(shouldStop: { true }) { _ in steps += 1 }
    let paused = try await run("paused", first, false)
    _ = try await paused.run(shouldStop: { true }) { _ in }
    #expect(steps == 1)
    for _ in 0..<2 { _ = try await whole.trainer.takeStep() }

    // Everything is tuned anew, to other tiles.
    let second = tune(problems, on: device, favouring: 2)
    #expect(second != first)
    let kept = try Data(contentsOf: URL(filePath: "\(folder)/paused/tiles.json"))
    let resumed = try await run("paused", second, true)
    for _ in 0..<2 { _ = try await resumed.trainer.takeStep() }
    #expect(try await state(resumed) == state(whole))
    #expect(try Data(contentsOf: URL(filePath: "\(folder)/paused/tiles.json")) == kept)

    // With the other tiles a run has other bits: they do matter.
    let other = try await run("other", second, false)
    for _ in 0..<3 { _ = try await other.trainer.takeStep() }
    #expect(try await state(other) != state(whole))

    // A damaged file is an error that says what to do, not a run with other bits.
    try Data(kept.dropLast(9)).write(to: URL(filePath: "\(folder)/paused/tiles.json"))
    let error = await #expect(throws: TrainingDataError.self) {
      _ = try await run("paused", second, true)
    }
    #expect(error?.code == .runFolder)
    #expect(error?.message.contains("tiles.json is damaged") == true)
    #expect(error?.remedy.contains("remove it") == true)
  }
}
