import BreakbeatTraining
import Foundation
import SpectralAudio
import Synchronization
import Testing

@Suite("Unfinished data sets")
struct ResumedPreparationTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func preparation(seed: UInt64 = 5, count: Int = 4000) -> DatasetPreparation {
    DatasetPreparation(settings: .tiny, count: count, seed: seed, workerCount: 2)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder(name)))
  }

  /// Prepares and cancels at the first word of progress, a fifth of a second after the first item.
  private func interrupt(_ preparation: DatasetPreparation, _ name: String) async {
    let path = folder(name)
    let interruption = Interruption()
    let task = Task {
      try await preparation.write([.synthetic()], to: path) { _ in interruption.happen() }
    }
    interruption.cancels(task)
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("what was done is kept, what was damaged is made again, the bytes are the same")
  func goingOn() async throws {
    try await preparation().write([.synthetic()], to: folder("whole.vamen"))
    try folder.write("cut.vamen", [1, 2, 3])
    await interrupt(preparation(), "cut.vamen")
    #expect(folder.entries == [".cut.vamen.partial", "cut.vamen", "whole.vamen"])
    #expect(try bytes("cut.vamen") == Data([1, 2, 3]))
    #expect(DatasetPreparation.unfinishedSeed(for: folder("cut.vamen")) == 5)

    // An item whose bytes did not reach the disk.
    let partial = folder(".cut.vamen.partial")
    let handle = try #require(FileHandle(forWritingAtPath: partial))
    try handle.seek(toOffset: 4096 + 4096 + 100)
    try handle.write(contentsOf: Data(repeating: 0x5A, count: 50))
    try handle.close()

    let summary = try await preparation().write([.synthetic()], to: folder("cut.vamen"))
    #expect(summary.keptCount > 0 && summary.keptCount < 4000)
    #expect(try bytes("cut.vamen") == bytes("whole.vamen"))
    #expect(folder.entries == ["cut.vamen", "whole.vamen"])
  }

  @Test("another preparation of the same name begins anew")
  func otherSettings() async throws {
    await interrupt(preparation(), "a.vamen")
    let summary = try await preparation(seed: 6, count: 50).write(
      [.synthetic()], to: folder("a.vamen"))
    #expect(summary.keptCount == 0)
    #expect(try BreakbeatDataset(contentsOf: folder("a.vamen")).seed == 6)
    #expect(folder.entries == ["a.vamen"])
  }

  @Test("rubbish under the hidden name is replaced, a link there is refused")
  func rubbish() async throws {
    try folder.write(".a.vamen.partial", [UInt8](repeating: 0x7B, count: 100_000))
    #expect(DatasetPreparation.unfinishedSeed(for: folder("a.vamen")) == nil)
    let summary = try await preparation(count: 20).write([.synthetic()], to: folder("a.vamen"))
    #expect(summary.keptCount == 0)
    try folder.write("precious", [1])
    try FileManager.default.createSymbolicLink(
      atPath: folder(".b.vamen.partial"), withDestinationPath: "precious")
    await #expect(throws: TrainingDataError.self) {
      try await preparation(count: 20).write([.synthetic()], to: folder("b.vamen"))
    }
    #expect(try bytes("precious") == Data([1]))
  }

  @Test("two cannot write the same data set at the same time")
  func locked() async throws {
    let partial = folder(".a.vamen.partial")
    let path = folder("a.vamen")
    // While a data set is written, nobody else gets its lock.
    let others = Mutex<[Int32]>([])
    try await preparation().write([.synthetic()], to: path) { _ in
      let descriptor = open(partial, O_RDWR | O_CLOEXEC)
      let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) != 0
      others.withLock { $0.append(descriptor < 0 || !isLocked ? 0 : errno) }
      close(descriptor)
    }
    #expect(others.withLock { !$0.isEmpty && $0.allSatisfy { $0 == EWOULDBLOCK } })

    // While somebody else has it, nothing is written.
    try folder.write(".a.vamen.partial", [1, 2, 3])
    let holder = open(partial, O_RDWR | O_CLOEXEC)
    defer { close(holder) }
    try #require(flock(holder, LOCK_EX | LOCK_NB) == 0)
    let before = try bytes("a.vamen")
    await #expect {
      try await preparation(seed: 6).write([.synthetic()], to: path)
    } throws: { "\($0)".contains("another process") }
    #expect(try bytes(".a.vamen.partial") == Data([1, 2, 3]))
    #expect(try bytes("a.vamen") == before)
  }
}

/// Cancels a task when something happens, whichever is known first.
private final class Interruption: Sendable {
  private struct State {
    var hasHappened = false
    var cancel: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  func happen() {
    state.withLock { state in
      state.hasHappened = true
      return state.cancel
    }?()
  }

  func cancels<Success>(_ task: Task<Success, any Error>) {
    let hasHappened = state.withLock { state in
      state.cancel = { task.cancel() }
      return state.hasHappened
    }
    if hasHappened { task.cancel() }
  }
}
