import BreakbeatTraining
import Breakbeats
import Foundation
import SpectralAudio
import Tensors
import Testing

/// A data set that goes wrong while a run needs it: nothing that was trained is lost, and nothing is
/// trained on what is no picture.
@Suite struct LostPicturesTests {
  /// A data set in a file of its own, `breaks.vamen` in a folder, and settings for runs on it.
  private func prepared(
    _ body: (TrainingSettings, String) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "pictures-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/breaks.vamen"
    let preparation = DatasetPreparation(
      settings: BreakbeatVAE.Preset.tiny.configuration.spectrogram, count: 24, seed: 1,
      heldOutFraction: 0.2)
    try await preparation.write([.synthetic()], to: path)
    let data = try BreakbeatDataset(contentsOf: path)
    var settings = TrainingSettings(.tiny, steps: 12, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 4
    try await body(settings, folder)
  }

  /// A run with the data set's path.
  private func run(
    _ body: (TrainingRun, String) async throws -> Void
  ) async throws {
    try await prepared { settings, folder in
      let path = folder + "/breaks.vamen"
      let run = try await TrainingRun(
        settings, data: BreakbeatDataset(contentsOf: path), folder: folder + "/run",
        choice: BackendChoice(matching: "cpu"), cadence: .init(checkpoint: 4, preview: 0))
      try await body(run, path)
    }
  }

  /// The pictures of step 4 are there when the file is cut; those that its checkpoint is judged by
  /// are not.
  @Test func aFileThatIsCutBeforeACheckpointLosesNoStep() async throws {
    try await run { run, path in
      let error = await #expect(throws: TrainingDataError.self) {
        _ = try await run.run { report in
          if report.step == 3 { _ = truncate(path, 5000) }
        }
      }
      #expect(error?.code == .datasetChanged)
      #expect(error?.remedy.contains("from step 4") == true, "\(error?.remedy ?? "")")
      let state = try TrainingState(contentsOf: run.folder.lastState)
      #expect(state.step == 4)
      #expect(TrainingReport.history(ofRun: run.folder.path).map(\.step) == [1, 2, 3, 4])
    }
  }

  /// The held-out pictures are lost when the last step's checkpoint is judged; once they are back, it
  /// is made up for.
  @Test func theLastCheckpointIsMadeUpFor() async throws {
    try await prepared { settings, folder in
      let path = folder + "/breaks.vamen"
      let whole = try Data(contentsOf: URL(filePath: path))
      let train = { (name: String, resuming: Bool, cuts: Bool) in
        var settings = settings
        settings.steps = 4
        let run = try await TrainingRun(
          settings, data: BreakbeatDataset(contentsOf: path), folder: "\(folder)/\(name)",
          resuming: resuming, choice: BackendChoice(matching: "cpu"),
          cadence: .init(checkpoint: 4, preview: 0))
        _ = try await run.run { report in
          if cuts && report.step == 3 { _ = truncate(path, 5000) }
        }
      }
      try await train("whole", false, false)
      await #expect(throws: TrainingDataError.self) { try await train("cut", false, true) }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/cut/checkpoints/last.safetensors"))
      try whole.write(to: URL(filePath: path))
      try await train("cut", true, false)
      for name in ["last", "best", "step-000004"] {
        let files = try ["whole", "cut"].map { run in
          let path = "\(folder)/\(run)/checkpoints/\(name).safetensors"
          return try #require(FileManager.default.contents(atPath: path), "\(path)")
        }
        #expect(files[0] == files[1], "\(name)")
      }
      let rows = ["whole", "cut"].map { TrainingReport.history(ofRun: "\(folder)/\($0)") }
      #expect(rows[1].map(\.step) == [1, 2, 3, 4])
      #expect(rows[1].map(\.heldOutLoss) == rows[0].map(\.heldOutLoss))
    }
  }

  /// A run that is killed between the model and the state of a checkpoint goes on from the one before,
  /// of which nothing is missing: its preview stays in TensorBoard's events, its row in the metrics.
  @Test func theCheckpointBeforeAKilledOneIsWhole() async throws {
    try await prepared { settings, folder in
      var settings = settings
      settings.steps = 8
      let data = try BreakbeatDataset(contentsOf: folder + "/breaks.vamen")
      let train = { (name: String, resuming: Bool, state: String?) in
        let run = try await TrainingRun(
          settings, data: data, folder: "\(folder)/\(name)", resuming: resuming,
          choice: BackendChoice(matching: "cpu"), cadence: .init(checkpoint: 4, preview: 4))
        _ = try await run.run { report in
          guard let state, report.step == 5 else { return }
          try? FileManager.default.copyItem(atPath: run.folder.lastState, toPath: state)
        }
      }
      try await train("whole", false, nil)
      let (state, last) = (folder + "/state", folder + "/cut/checkpoints/state-last.safetensors")
      try await train("cut", false, state)
      try FileManager.default.removeItem(atPath: last)
      try FileManager.default.moveItem(atPath: state, toPath: last)
      try await train("cut", true, nil)
      let runs = ["\(folder)/whole", "\(folder)/cut"]
      let bytes = try runs.map {
        try #require(FileManager.default.contents(atPath: $0 + "/checkpoints/last.safetensors"))
      }
      #expect(bytes[0] == bytes[1])
      let events = try runs.map { try steps(ofEventsIn: $0) }
      #expect(events[0] == events[1])
      #expect(events[1].count { $0 == 4 } > 1)
      let rows = runs.map { TrainingReport.history(ofRun: $0) }
      #expect(rows[1].map(\.heldOutLoss) == rows[0].map(\.heldOutLoss))
    }
  }

  /// The steps of the summaries in a run's event files.
  private func steps(ofEventsIn run: String) throws -> [Int] {
    let folder = run + "/tensorboard"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name in
      let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
      var (steps, position) = ([Int](), 0)
      while let record = EventRecord(bytes, at: position) {
        if !record.isStart { steps.append(record.step) }
        position = record.end
      }
      return steps
    }
  }

  /// Asked to stop and run again, the same object goes on where it was.
  @Test func aRunGoesOnWhereItWasStopped() async throws {
    try await run { run, _ in
      let first = try await run.run(shouldStop: { true }) { _ in }
      #expect(first == .stopped(step: 1))
      let second = try await run.run { _ in }
      #expect(second == .finished)
      #expect(TrainingReport.history(ofRun: run.folder.path).map(\.step) == Array(1...12))
    }
  }

  @Test func aDamagedPictureIsNamedWhenItIsFirstRead() async throws {
    try await run { run, path in
      let data = try BreakbeatDataset(contentsOf: path)
      let length = data.settings.pixelCount
      let file = try FileHandle(forUpdating: URL(filePath: path))
      // 64 x 64 bytes are a whole number of 256, so pictures lie one after the other.
      #expect(length == 4096 && data.damagedItems().isEmpty)
      let bytes = try #require(FileManager.default.contents(atPath: path))
      let start = Int(bytes[16..<24].reversed().reduce(0) { $0 << 8 | UInt64($1) })
      try file.seek(toOffset: UInt64(start + 7 * length + 100))
      try file.write(contentsOf: Data([bytes[start + 7 * length + 100] ^ 1]))
      try file.close()
      let damaged = try BreakbeatDataset(contentsOf: path)
      #expect(damaged.damagedItems() == [7])
      let sixth = try damaged.readPixels(of: 6)
      #expect(sixth == data.pixels(of: 6))
      let error = #expect(throws: TrainingDataError.self) { try damaged.readPixels(of: 7) }
      #expect(error?.code == .damagedDataset && error?.message.contains("item 7") == true)
    }
  }
}
