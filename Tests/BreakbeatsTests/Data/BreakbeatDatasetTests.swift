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
      settings: .tiny, count: count, seed: 5, heldOutFraction: 0.25, workerCount: workers
    )
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
      let expected = analyzer.pixels(of: try randomizer.loop(at: index).samples)
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
    // Pictures have their own checksums.
    let pixels = Int(bytes[16]) | Int(bytes[17]) << 8
    var changed = bytes
    changed[pixels + 4096 + 77] ^= 1
    let path = try folder.write("changed.vamen", changed)
    #expect(try BreakbeatDataset(contentsOf: path).damagedItems() == [1])
    #expect(try BreakbeatDataset(contentsOf: folder("a.vamen")).damagedItems().isEmpty)
  }

  @Test("headers with changed characters are read or refused, never a crash")
  func hostileHeader() async throws {
    let bytes = try await prepare("a.vamen", count: 3)
    let length = Int(bytes[12]) | Int(bytes[13]) << 8
    let json = String(decoding: bytes[64..<64 + length], as: UTF8.self)
    let hostile = [
      "\"count\":3": [
        "\"count\":-3", "\"count\":9223372036854775807", "\"count\":3e99", "\"count\":4",
      ],
      "\"heldOutCount\":1": ["\"heldOutCount\":3", "\"heldOutCount\":-1"],
      "\"pixelStride\":4096": [
        "\"pixelStride\":0", "\"pixelStride\":-4096", "\"pixelStride\":8192",
      ],
      "\"hop\":128": ["\"hop\":0", "\"hop\":-1", "\"hop\":9223372036854775807"],
      "\"bands\":64": ["\"bands\":0", "\"bands\":4611686018427387904", "\"bands\":65"],
      "\"bars\":0.5": ["\"bars\":0", "\"bars\":1e308", "\"bars\":-1"],
      "\"downbeat\":0": ["\"downbeat\":1e300", "\"downbeat\":-5"],
      "\"roll\":0.04": ["\"roll\":4", "\"roll\":-1"],
      "\"unit\":\"item\"": ["\"unit\":\"planet\""],
      "\"sources\":[": ["\"sources\":[[[[[[[[[[[[[[[[[[[["],
    ]
    for (part, replacements) in hostile {
      #expect(json.contains(part), "\(part) is not in \(json)")
      for replacement in replacements {
        let changed = Array(json.replacing(part, with: replacement, maxReplacements: 1).utf8)
        #expect(try error(rewritten(bytes, header: changed)) != nil, "\(replacement)")
      }
    }
  }

  /// The same file with another header and a checksum that is right.
  private func rewritten(_ bytes: [UInt8], header: [UInt8]) -> [UInt8] {
    func number(_ offset: Int) -> Int {
      (0..<8).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    var result = bytes
    let pixels = number(16)
    for index in 64..<pixels { result[index] = index - 64 < header.count ? header[index - 64] : 0 }
    let tail = bytes[number(24)...]
    let digest = SHA256.hexadecimal(header + Array(tail))
    let checksum = UInt64(digest.prefix(16), radix: 16) ?? 0
    for shift in 0..<4 {
      result[12 + shift] = UInt8(truncatingIfNeeded: header.count >> (8 * shift))
    }
    for shift in 0..<8 {
      result[48 + shift] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt64(shift)))
    }
    return result
  }

  @Test("whole sources can be held out")
  func heldOutSources() async throws {
    let breaks = BreakSource.syntheticBreaks()
    let preparation = DatasetPreparation(
      settings: .tiny, count: 40, seed: 5, heldOutFraction: 0.3, heldOutBy: .source)
    let summary = try await preparation.write(breaks, to: folder("a.vamen"))
    let dataset = try BreakbeatDataset(contentsOf: folder("a.vamen"))
    let heldOut = Set(dataset.heldOutIndices.map { dataset.source(of: $0).name })
    let training = Set(dataset.trainingIndices.map { dataset.source(of: $0).name })
    #expect(heldOut.count == 1 && training.count == 3 && heldOut.isDisjoint(with: training))
    #expect(summary.heldOutCount == dataset.heldOutIndices.count)
    #expect(dataset.heldOut == preparation.heldOut)
    await #expect {
      try await preparation.write([.synthetic()], to: folder("b.vamen"))
    } throws: { ($0 as? TrainingDataError)?.code == .invalidSettings }
  }

  @Test("a model of other pictures is refused by what differs")
  func otherPictures() async throws {
    _ = try await prepare("a.vamen", count: 4)
    let data = try BreakbeatDataset(contentsOf: folder("a.vamen"))
    try data.check(picturesOf: data.settings)
    let changes: [(word: String, change: (inout SpectrogramSettings) -> Void)] = [
      ("hop", { $0.hop += 1 }), ("bars", { $0.bars *= 2 }),
      ("reference level", { $0.referenceLevel += 1 }),
    ]
    for (word, change) in changes {
      var changed = data.settings
      change(&changed)
      let settings = changed
      let error = #expect(throws: TrainingDataError.self) {
        try data.check(picturesOf: settings)
      }
      let text = try #require(error).description
      for part in ["a.vamen: ", "\(word) of its pictures", "the model was trained on"] {
        #expect(text.contains(part), "\(text)")
      }
    }
  }

  @Test("shades are the rounded level of the power", arguments: [80.0, 7, 120])
  func shades(range: Double) {
    var settings = SpectrogramSettings.tiny
    settings.dynamicRange = range
    settings.referenceLevel = 12.34
    let scale = PixelScale(settings)
    #expect(scale.shade(0) == 0 && scale.shade(.infinity) == 255)
    for step in 0..<20_000 {
      let decibels = settings.referenceLevel - range * 1.05 + range * 1.1 * Double(step) / 20_000
      let level = 255 * min(1, max(0, 1 + (decibels - settings.referenceLevel) / range))
      let shade = Double(scale.shade(Float(pow(10, decibels / 10))))
      #expect(abs(shade - level) < 0.5 + 1e-4)
    }
  }

  @Test("foreign files and newer formats are named")
  func foreign() async throws {
    var bytes = try await prepare("a.vamen", count: 2)
    bytes[8] = 3
    #expect(try error(bytes)?.code == .newerFormat)
    bytes[8] = 1
    #expect(try error(bytes)?.message.contains("format 1") == true)
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
