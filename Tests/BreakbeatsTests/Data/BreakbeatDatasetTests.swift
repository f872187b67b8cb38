import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Data sets")
struct BreakbeatDatasetTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func prepare(
    _ name: String, count: Int = 12, workers: Int = 2, breaks: [BreakSource] = [.synthetic()]
  ) async throws -> [UInt8] {
    let preparation = DatasetPreparation(
      settings: .tiny, count: count, seed: 5, heldOutFraction: 0.25, workerCount: workers)
    try await preparation.write(breaks, to: folder(name))
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder(name))))
  }

  private func error(_ bytes: [UInt8]) throws -> TrainingDataError? {
    let path = try folder.write("damaged.vamen", bytes)
    do throws(TrainingDataError) {
      _ = try BreakbeatDataset(contentsOf: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("the same preparation gives the same bytes on any number of threads")
  func sameBytes() async throws {
    let first = try await prepare("a.vamen", workers: 1)
    let second = try await prepare("b.vamen", workers: 5)
    #expect(first == second)
    #expect(folder.entries == ["a.vamen", "b.vamen"])
  }

  @Test("what was prepared is read back")
  func roundTrip() async throws {
    let real = try RealBreaks.amen()
    _ = try await prepare("a.vamen", breaks: [.synthetic(), real])
    let dataset = try BreakbeatDataset(contentsOf: folder("a.vamen"))
    #expect(dataset.count == 12)
    #expect(dataset.heldOutIndices.count == 3)
    #expect((dataset.trainingIndices + dataset.heldOutIndices).sorted() == Array(0..<12))
    #expect(dataset.sources.map(\.digest) == [BreakSource.synthetic().digest, real.digest])
    let randomizer = try dataset.randomizer()
    let analyzer = try SpectrogramAnalyzer(settings: dataset.settings)
    var batch = [Float](repeating: -1, count: 2 * dataset.settings.pixelCount)
    dataset.copyPixels(of: [11, 4], into: &batch)
    for (slot, index) in [11, 4].enumerated() {
      #expect(dataset.recipeText(of: index) == randomizer.text(at: index))
      #expect(dataset.source(of: index) == dataset.sources[randomizer.sourceIndex(at: index)])
      let expected = analyzer.pixels(of: randomizer.loop(at: index).samples)
      dataset.withPixels(of: index) { #expect(Array($0) == expected) }
      let floats = expected.map { Float($0) / 255 }
      #expect(dataset.pixels(of: index) == floats)
      let start = slot * floats.count
      #expect(Array(batch[start..<start + floats.count]) == floats)
      // Neither white nor black: the reference level fits the set.
      #expect(expected.max() ?? 0 > 200 && expected.min() ?? 255 < 100)
    }
  }

  @Test("the sound is refused when a source has changed")
  func changedSource() async throws {
    let path = try folder.write("clicks.wav", wav(clicks(seconds: 2)))
    _ = try await prepare("a.vamen", breaks: [BreakSource(contentsOf: path)])
    let dataset = try BreakbeatDataset(contentsOf: folder("a.vamen"))
    _ = try dataset.randomizer()
    try folder.write("clicks.wav", wav(clicks(seconds: 2, beats: 4)))
    #expect(throws: TrainingDataError.self) { _ = try dataset.randomizer() }
  }

  @Test("damaged files give an error, whatever byte is wrong and wherever they end")
  func damaged() async throws {
    let bytes = try await prepare("a.vamen", count: 3)
    #expect(try error(bytes) == nil)
    for end in [0, 1, 7, 8, 40, 63, 64, 100, 4095, 4096, 9000, bytes.count - 1] {
      #expect(try error(Array(bytes.prefix(end))) != nil, "cut at \(end)")
    }
    #expect(try error(bytes + [0]) != nil)
    // Everything but the pictures is under a checksum.
    let headerLength = Int(bytes[12]) | Int(bytes[13]) << 8
    let table = Int(bytes[24]) | Int(bytes[25]) << 8
    let parts = [Array(0..<56), Array(64..<64 + headerLength), Array(table..<bytes.count)]
    for (number, index) in parts.joined().enumerated() where index < 64 || number % 3 == 0 {
      var changed = bytes
      changed[index] ^= number % 2 == 0 ? 0x01 : 0x80
      #expect(try error(changed) != nil, "byte \(index)")
    }
  }

  @Test("foreign files and newer formats are named")
  func foreign() async throws {
    var bytes = try await prepare("a.vamen", count: 2)
    bytes[8] = 2
    #expect(try error(bytes)?.code == .newerFormat)
    #expect(try error(wav(clicks(seconds: 1)))?.message.contains("not a VAmEn data set") == true)
    #expect {
      _ = try BreakbeatDataset(contentsOf: folder("absent.vamen"))
    } throws: { ($0 as? TrainingDataError)?.code == .missing }
    #expect(throws: TrainingDataError.self) {
      _ = try BreakbeatDataset(contentsOf: folder.path)
    }
  }

  @Test("places that cannot be written to are errors and nothing is left behind")
  func unwritable() async throws {
    var preparation = DatasetPreparation(settings: .tiny, count: 2, seed: 1)
    for path in [folder("no/such/folder/a.vamen"), folder.path, folder.path + "/"] {
      await #expect {
        try await preparation.write([.synthetic()], to: path)
      } throws: { ($0 as? TrainingDataError)?.code == .unwritable }
    }
    // More than any disk has: refused before anything is made.
    preparation.settings = .full
    preparation.count = 1 << 31
    await #expect {
      try await preparation.write([.synthetic()], to: folder("huge.vamen"))
    } throws: { ($0 as? TrainingDataError)?.code == .diskFull }
    for count in [0, -1, .max] {
      preparation.count = count
      await #expect {
        try await preparation.write([.synthetic()], to: folder("count.vamen"))
      } throws: { ($0 as? TrainingDataError)?.code == .invalidSettings }
    }
    #expect(folder.entries.isEmpty)
  }

  @Test("cancelling leaves the old file and nothing else")
  func cancelling() async throws {
    try folder.write("a.vamen", [1, 2, 3])
    let path = folder("a.vamen")
    let task = Task {
      let preparation = DatasetPreparation(settings: .demo, count: 100_000, seed: 1)
      try await preparation.write([.synthetic()], to: path)
    }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(folder.entries == ["a.vamen"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
  }

  @Test("progress ends at the count")
  func progress() async throws {
    let reports = Reports()
    let preparation = DatasetPreparation(settings: .tiny, count: 40, seed: 1)
    let summary = try await preparation.write([.synthetic()], to: folder("a.vamen")) {
      reports.append($0)
    }
    #expect(reports.last?.completed == 40)
    #expect(reports.last?.description.contains("40/40  100%") == true)
    #expect(summary.heldOutCount == 2)
    #expect(
      summary.fileLength
        == (try FileManager.default.attributesOfItem(
          atPath: folder("a.vamen"))[.size] as? Int))
  }
}

/// Collects progress from any thread.
private final class Reports: @unchecked Sendable {
  private let lock = NSLock()
  private var all: [PreparationProgress] = []

  func append(_ report: PreparationProgress) { lock.withLock { all.append(report) } }
  var last: PreparationProgress? { lock.withLock { all.last } }
}
