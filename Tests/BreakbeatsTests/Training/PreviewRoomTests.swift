import BreakbeatTraining
import Breakbeats
import Foundation
import Synchronization
import Tensors
import Testing
import VulkanCompute
import VulkanCompute

/// Runs beside which previews find no room are refused before their first step, and so are their dry
/// runs.
@Suite struct PreviewRoomTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// Room for everything.
  private var roomy: BackendChoice { .init(CrampedBackend(left: 1 << 30), reason: "tested") }
  /// Room for training, which leaves half a mebibyte: less than the model takes.
  private var cramped: BackendChoice { .init(CrampedBackend(left: 1 << 19), reason: "tested") }

  private func settings(_ data: BreakbeatDataset, steps: Int) -> TrainingSettings {
    var settings = TrainingSettings(.tiny, steps: steps, seed: 5)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    return settings
  }

  /// Trains for a step and lets go of the folder; no preview is written.
  private func trainOneStep(of settings: TrainingSettings, _ data: BreakbeatDataset) async throws {
    let run = try await TrainingRun(
      settings, data: data, folder: folder("run"), choice: roomy,
      cadence: .init(checkpoint: 2, preview: 0))
    _ = try await run.run(shouldStop: { true }) { _ in }
  }

  @Test func aNewRunAndItsDryRunAreRefused() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    let two = settings(data, steps: 2)
    let dry = #expect(throws: TrainingDataError.self) {
      _ = try TrainingRun.trainer(starting: two, data: data, choice: cramped)
    }
    #expect(dry?.code == .resources, "\(String(describing: dry))")
    let real = await #expect(throws: TrainingDataError.self) {
      _ = try await TrainingRun(two, data: data, folder: folder("run"), choice: cramped)
    }
    #expect(real?.code == .resources && real?.message == dry?.message)
    #expect(folder.entries.isEmpty)
    _ = try TrainingRun.trainer(starting: two, data: data, choice: roomy)
  }

  /// Limits that no batch is small enough for: the run does without previews and says so once.
  @Test func aDeviceThatCannotDrawTrainsWithoutPreviews() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    let two = settings(data, steps: 2)
    let choice = BackendChoice(
      CrampedBackend(left: 1 << 30, refusesSound: true), reason: "tested")
    let trainer = try TrainingRun.trainer(starting: two, data: data, choice: choice)
    let dry = try await RunPlan(measuring: trainer, shouldStop: { true })
    #expect(dry.previewObstacle == CrampedBackend.obstacle && dry.previewByteCount == 0)
    #expect("\(dry)".contains("\nPreviews: none") && "\(dry)".contains(CrampedBackend.obstacle))

    let run = try await TrainingRun(
      two, data: data, folder: folder("run"), choice: choice,
      cadence: .init(checkpoint: 2, preview: 1))
    var notes: [String] = []
    let ending = try await run.run(note: { notes.append($0) }) { _ in }
    #expect(ending == .finished)
    #expect(notes.count == 1 && notes[0].contains(CrampedBackend.obstacle), "\(notes)")
    let files = FileManager.default
    #expect(files.fileExists(atPath: run.folder.lastModel))
    #expect(try files.contentsOfDirectory(atPath: folder("run") + "/previews").isEmpty)
  }

  /// Each part fits by itself; the sum of all does not.
  @Test func trainingThatDoesNotFitIsRefusedBeforeAnythingIsCompiled() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    var settings = settings(data, steps: 2)
    settings.batchSize = 32
    let free = 12 << 20
    let backend = CrampedBackend(before: free, left: 0)
    let error = #expect(throws: TrainingDataError.self) {
      _ = try Trainer(settings, data: data, choice: BackendChoice(backend, reason: "tested"))
    }
    #expect(error?.code == .resources, "\(String(describing: error))")
    #expect(error?.message.contains("where 12 MiB are free") == true)
    #expect(error?.remedy.contains("--micro-batch auto") == true)
    #expect(backend.availableByteCount == free)
  }

  @Test func aRunThatGoesOnAndItsDryRunAreRefused() async throws {
    let data = try await TestData.pictures(.tiny, count: 12)
    try await trainOneStep(of: settings(data, steps: 2), data)
    let path = folder("run")
    let before = FileManager.default.contents(atPath: path + "/config.json")
    let four = settings(data, steps: 4)
    let dry = await #expect(throws: TrainingDataError.self) {
      _ = try await TrainingRun.trainer(resuming: path, four, data: data, choice: cramped)
    }
    #expect(dry?.code == .resources, "\(String(describing: dry))")
    let real = await #expect(throws: TrainingDataError.self) {
      _ = try await TrainingRun(
        four, data: data, folder: path, resuming: true, choice: cramped)
    }
    #expect(real?.code == .resources && real?.message == dry?.message)
    #expect(FileManager.default.contents(atPath: path + "/config.json") == before)
    let trainer = try await TrainingRun.trainer(
      resuming: path, four, data: data, choice: roomy)
    let step = await trainer.step
    #expect(step == 1)
  }
}

/// The CPU backend, saying that as much memory is left as a test wants, once programs have been
/// compiled and before; its limits may forbid inverting pictures.
private final class CrampedBackend: Backend {
  private let left: Int
  private let before: Int
  private let isUsed = Mutex(false)
  private let refusesSound: Bool
  private let processor = CPUBackend()

  private static let soundPrograms: Set = ["inverter", "drawer"]
  /// What stands against sound.
  static let obstacle = "drawing: a matrix has more bytes than a kernel can address"

  init(before: Int = 1 << 30, left: Int, refusesSound: Bool = false) {
    (self.before, self.left, self.refusesSound) = (before, left, refusesSound)
  }

  var availableByteCount: Int { isUsed.withLock { $0 } ? left : before }

  var name: String { processor.name }

  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    try processor.makeStorage(byteCount: byteCount, label: label)
  }

  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    isUsed.withLock { $0 = true }
    return try processor.compile(plan, options: options)
  }

  func memory(of plan: Plan) throws -> ProgramMemory {
    if refusesSound, Self.soundPrograms.contains(plan.label) {
      throw VulkanError(.limitExceeded, Self.obstacle, remedy: "use a smaller batch")
    }
    return processor.memory(of: plan)
  }
}
