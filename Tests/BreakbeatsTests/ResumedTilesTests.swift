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

  /// Runs in a folder: as many steps as the recorded run does, then more by the trainer alone, and
  /// every bit of the state after them. The folder is closed afterwards.
  private func run(
    _ name: String, _ data: BreakbeatDataset, _ choice: BackendChoice, resuming: Bool = false,
    recorded: Int = 1, further: Int = 0
  ) async throws -> [[UInt32]] {
    let run = try await TrainingRun(
      settings(data), data: data, folder: "\(folder)/\(name)", resuming: resuming, choice: choice,
      cadence: .init(checkpoint: 500, preview: 0))
    if recorded > 0 { _ = try await run.run(shouldStop: { true }) { _ in } }
    for _ in 0..<further { _ = try await run.trainer.takeStep() }
    return try await run.trainer.state().tensors.map { $0.values.map(\.bitPattern) }
  }

  private func settings(_ data: BreakbeatDataset) -> TrainingSettings {
    var settings = TrainingSettings(.tiny, steps: 20, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    return settings
  }

  @Test func anotherTuningFileChangesNothing() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    let name = try #require(TestDevice.vulkan.first?.description)
    var options = Device.Options()
    options.pipelineCache = .folder(folder + "/cache")
    let device = try Device(matching: name, options: options)
    let problems = try settings(data).products(on: VulkanBackend(device))
    let choice = { (tiles: TileChoices) in
      BackendChoice(VulkanBackend(device, tileChoices: tiles), reason: "tested")
    }
    let first = tune(problems, on: device, favouring: 1)
    // Three steps without a pause, and one step that is recorded.
    let whole = try await run("whole", data, choice(first), further: 2)
    _ = try await run("paused", data, choice(first))

    // Everything is tuned anew, to other tiles.
    let second = tune(problems, on: device, favouring: 2)
    #expect(second != first)
    let tiles = URL(filePath: "\(folder)/paused/tiles.json")
    let kept = try Data(contentsOf: tiles)
    let resumed = try await run(
      "paused", data, choice(second), resuming: true, recorded: 0, further: 2)
    #expect(resumed == whole)
    #expect(try Data(contentsOf: tiles) == kept)

    // With the other tiles a run has other bits: they do matter.
    #expect(try await run("other", data, choice(second), further: 2) != whole)

    // A damaged file is an error that says what to do, not a run with other bits.
    let text = String(decoding: kept, as: UTF8.self)
    let deeper = text.replacing(try Regex("\"depth\" : [0-9]+"), with: "\"depth\" : 17")
    for damaged in [Data(kept.dropLast(9)), Data(deeper.utf8)] {
      try damaged.write(to: tiles)
      let error = await #expect(throws: TrainingDataError.self) {
        _ = try await run("paused", data, choice(second), resuming: true, recorded: 0)
      }
      #expect(error?.code == .runFolder)
      #expect(error?.message.contains("tiles.json is damaged") == true)
      #expect(error?.remedy.contains("remove it") == true)
    }
  }

  /// Numbers that leave the file readable: the rule's tile would take the place of such a one, and
  /// the run would have other bits. Nothing is compiled here.
  @Test func tilesThatSuitNoDeviceAreDamage() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    let device = try #require((TestDevice.vulkan.first?.backend as? VulkanBackend)?.device)
    let backend = VulkanBackend(device)
    let problem = ProductProblem(
      .forward, source: [2, 16, 8, 8], operand: [32, 16, 3, 3], result: [2, 32, 8, 8],
      geometry: ConvolutionGeometry(padding: 1))
    let made = { (name: String, tile: ProductTile) in
      var choices = TileChoices()
      choices[problem] = tile
      return try RunFolder(
        creating: "\(folder)/\(name)", settings: settings(data), data: data,
        on: VulkanBackend(device, tileChoices: choices))
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let run = try made("run", ProductTile(for: problem, on: TileTarget(device)))
    #expect(try run.unsuitableTiles(on: backend) == nil)

    let file = URL(filePath: "\(run.path)/tiles.json")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    for (name, number) in [
      ("depth", 17), ("gridRows", 0), ("chunks", 8000), ("groups", 0), ("groups", 3),
    ] {
      let pattern = try Regex("\"\(name)\" : [0-9]+")
      let broken = text.replacing(pattern, with: "\"\(name)\" : \(number)")
      try #require(broken != text)
      try Data(broken.utf8).write(to: file)
      let error = #expect(throws: TrainingDataError.self, "\(name)") {
        _ = try run.unsuitableTiles(on: backend)
      }
      #expect(error?.message.contains("tiles.json is damaged") == true, "\(name)")
    }

    // A device may share more memory than this one: that is said, and is no damage.
    let large = ProductTile(
      workgroupSize: 1024, gridRows: 32, rowsPerInvocation: 16, columnsPerInvocation: 8, depth: 64)
    let note = try made("large", large).unsuitableTiles(on: backend)
    #expect(note?.contains("1 of 1 products") == true && note?.contains(backend.name) == true)
  }
}
