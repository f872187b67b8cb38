import BreakbeatTraining
import Foundation
import SpectralAudio
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

  /// Prepares and cancels after some items.
  private func interrupt(_ preparation: DatasetPreparation, _ name: String) async {
    let path = folder(name)
    let task = Task { try await preparation.write([.synthetic()], to: path) }
    // Until some hundred items have taken up their place on the disk.
    let partial = folder(".\(name).partial")
    var status = stat()
    while stat(partial, &status) != 0 || status.st_blocks < 1600 {
      try? await Task.sleep(for: .milliseconds(2))
    }
    task.cancel()
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
    let first = preparation(count: 60_000)
    let path = folder("a.vamen")
    let task = Task { try await first.write([.synthetic()], to: path) }
    while !folder.entries.contains(".a.vamen.partial") {
      try await Task.sleep(for: .milliseconds(5))
    }
    try await Task.sleep(for: .milliseconds(50))
    await #expect {
      try await preparation(count: 60_000).write([.synthetic()], to: path)
    } throws: { "\($0)".contains("another process") }
    task.cancel()
    _ = await task.result
  }
}
