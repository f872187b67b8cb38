import BreakbeatTraining
import Breakbeats
import Foundation
import Tensors
import Testing

/// What a run goes on from: its own state, bit for bit.
@Suite struct StateFileTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "state-\(UUID().uuidString)").path

  /// The run with a seed, on the CPU.
  private func run(
    _ data: BreakbeatDataset, seed: UInt64, resuming: Bool = false
  ) async throws -> TrainingRun {
    var settings = TrainingSettings(.tiny, steps: 20, seed: seed)
    settings.model.spectrogram = data.settings
    settings.batchSize = 2
    return try await TrainingRun(
      settings, data: data, folder: "\(folder)/\(seed)", resuming: resuming,
      choice: BackendChoice(matching: "cpu"), cadence: .init(checkpoint: 500, preview: 0))
  }

  /// Takes a step of the run with a seed; where its state is.
  @discardableResult
  private func takeStep(
    _ data: BreakbeatDataset, seed: UInt64, resuming: Bool = false
  ) async throws -> String {
    let run = try await run(data, seed: seed, resuming: resuming)
    _ = try await run.run(shouldStop: { true }) { _ in }
    return run.folder.lastState
  }

  /// Expects that the run of seed 5 is refused, with some words, and that its state stays.
  private func expectRefusal(_ words: String, _ data: BreakbeatDataset, _ path: String) async {
    let before = FileManager.default.contents(atPath: path)
    let error = await #expect(throws: TrainingDataError.self) {
      _ = try await takeStep(data, seed: 5, resuming: true)
    }
    #expect(error?.code == .damagedCheckpoint)
    #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    #expect(FileManager.default.contents(atPath: path) == before)
  }

  @Test func aDamagedOrForeignStateIsRefused() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    let path = try await takeStep(data, seed: 5)
    let bytes = try Data(contentsOf: URL(filePath: path))
    let state = try TrainingState(contentsOf: path)
    #expect(state.origin == TrainingState.Origin(seed: 5, data: data.digest))

    // Numbers that are still numbers: their lowest bits.
    var damaged = bytes
    for place in stride(from: bytes.count - 4000, to: bytes.count, by: 4) { damaged[place] ^= 1 }
    try damaged.write(to: URL(filePath: path))
    await expectRefusal("is damaged", data, path)

    let other = try await takeStep(data, seed: 6)
    try Data(contentsOf: URL(filePath: other)).write(to: URL(filePath: path))
    await expectRefusal("its seed is 6, the run's 5", data, path)

    var foreign = state
    foreign.origin?.data = "another"
    try foreign.write(to: path)
    await expectRefusal("another data set", data, path)

    try bytes.write(to: URL(filePath: path))
    try await takeStep(data, seed: 5, resuming: true)
    #expect(try TrainingState(contentsOf: path).step == 2)
  }

  /// Kernels for another instruction set round differently.
  @Test func otherKernelsAreSaid() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    try await takeStep(data, seed: 5)
    let file = URL(filePath: "\(folder)/5/environment.json")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let name = try #require(
      CPUInstructionSet.all.first { text.contains("\"instructionSet\" : \"\($0)\"") }, "\(text)")
    #expect(try await run(data, seed: 5, resuming: true).notes.isEmpty)
    try Data(text.replacing("\"\(name)\"", with: "\"avx1024\"").utf8).write(to: file)
    let notes = try await run(data, seed: 5, resuming: true).notes
    #expect(
      notes.count == 1 && notes[0].contains("avx1024") && notes[0].contains(name), "\(notes)")
    // A folder of an earlier version does not say.
    try Data(text.replacing("\"instructionSet\"", with: "\"other\"").utf8).write(to: file)
    #expect(try await run(data, seed: 5, resuming: true).notes.isEmpty)
  }

  @Test func statesOfEarlierVersionsAreAccepted() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let data = try await TestData.pictures(.tiny, count: 12)
    let path = try await takeStep(data, seed: 5)
    let state = try TrainingState(contentsOf: path)
    try SafetensorsFile.write(
      state.tensors.map { tensor in
        SafetensorsFile.Item(tensor.name, shape: tensor.shape) { tensor.values }
      }, metadata: ["vamen.format": "vamen-state-1", "vamen.step": "1"], to: path)
    try await takeStep(data, seed: 5, resuming: true)
    #expect(try TrainingState(contentsOf: path).step == 2)
  }
}
