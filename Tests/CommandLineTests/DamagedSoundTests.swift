import CSndfile
import Foundation
import Testing

/// Damaged sound files of every format, by the thousand.
///
/// `VAMEN_DAMAGED_FILES=20000 swift test --filter DamagedSoundTests` tries more than the usual 2,000,
/// `VAMEN_DAMAGE_SEED` others.
@Suite struct DamagedSoundTests {
  private static func number(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  @Test(.timeLimit(.minutes(10)))
  func thousandsOfDamagedFilesAreEachUsedOrReportedOnce() throws {
    let runner = try CommandRunner()
    let seeds = try SoundFiles(folder: runner.folder).files
    #expect(
      Set(seeds.map { $0.name.split(separator: ".").last }).count >= 15, "\(seeds.count) seeds")
    var damage = Damage(seed: UInt64(Self.number("VAMEN_DAMAGE_SEED", 1)))
    try FileManager.default.createDirectory(
      at: runner.folder.appending(path: "in"), withIntermediateDirectories: true)
    let count = Self.number("VAMEN_DAMAGED_FILES", 2000)
    for index in 0..<count {
      let seed = seeds[index % seeds.count]
      try runner.write(damage.apply(to: seed.bytes), to: "in/\(index)-\(seed.name)")
    }
    // Beside the usual libraries, half a gigabyte of address space is left for the files.
    let script = "ulimit -v 2500000; exec timeout -s KILL \(60 + count / 20) \"$0\" \"$@\""
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"),
      [
        "-c", script, CommandRunner.program.path, "prepare", "in", "--out", "x.vamen", "--preset",
        "tiny", "--count", "8", "--seed", "1", "--json",
      ], in: runner.folder)
    try #require(outcome.status == 0, "\(outcome.status): \(outcome.errors.suffix(2000))")
    struct Summary: Decodable {
      struct Skipped: Decodable {
        var path: String
        var code: String
      }
      var sources: Int
      var skipped: [Skipped]
    }
    let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
    #expect(summary.sources + summary.skipped.count == count)
    #expect(Set(summary.skipped.map(\.path)).count == summary.skipped.count)
    #expect(summary.sources > 0 && summary.skipped.count > count / 10)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("Skipped ") } == summary.skipped.count)
    #expect(lines.count { $0.hasPrefix("Source ") } == summary.sources)
  }

  /// MP3 files with a few bytes changed, at which the decoder complains on standard error: three that
  /// are used all the same, and one that is refused.
  @Test func whatDecodersPrintIsKeptToOurselves() throws {
    let runner = try CommandRunner()
    try writeTinyModel(to: runner.path("model.safetensors"))
    let code = String(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, radix: 16)
    let whole = try #require(
      try SoundFiles(folder: runner.folder).files.first { $0.name.hasPrefix("\(code)-1.") })
    try FileManager.default.createDirectory(
      at: runner.folder.appending(path: "in"), withIntermediateDirectories: true)
    for place in [260, 1760, 1880, 2180] {
      var bytes = whole.bytes
      try #require(bytes.count > place + 40)
      for index in place..<place + 40 { bytes[index] ^= 0xFF }
      try runner.write(bytes, to: "in/mp3-\(place)-1bar.mp3")
    }
    let used = "in/mp3-2180-1bar.mp3"
    for arguments in [
      ["prepare", "in", "--out", "d.vamen", "--preset", "tiny", "--count", "8", "--seed", "1"],
      ["inspect", "d.vamen", "--export", "items", "--page", "page"],
      ["resynthesize", "d.vamen", "--out", "back", "--iterations", "1"],
      ["resynthesize", used, "--preset", "tiny", "--out", "x.wav", "--iterations", "1"],
      ["spectrogram", used, "--preset", "tiny", "--out", "x.png"],
      ["reconstruct", "model.safetensors", "in", "--out", "r", "--iterations", "1"],
      [
        "interpolate", "model.safetensors", "--from", used, "--to", "seed:1", "--steps", "2",
        "--out", "i", "--iterations", "1",
      ],
    ] {
      let outcome = try CommandRunner.run(
        CommandRunner.program, arguments, environment: ["VAMEN_DEVICE": "cpu"], in: runner.folder)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      let ours = ["Device: ", "Source ", "Skipped ", "Item ", "Wrote ", "Listen: "]
      let others = outcome.errors.split(separator: "\n").filter { line in
        !ours.contains { line.hasPrefix($0) } && !line.contains(" items/s ")
      }
      #expect(others.isEmpty, "\(arguments): \(others)")
    }
  }
}

/// Changes bytes as bad disks, bad transfers and bad people do.
private struct Damage {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  /// One to eight changes, half of them in the first 160 bytes, then sometimes a cut.
  mutating func apply(to original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...random(8) {
      let position = random(random(2) == 0 ? min(160, bytes.count) : bytes.count)
      switch random(4) {
      case 0: bytes[position] = UInt8(random(256))
      case 1: bytes[position] ^= 1 << UInt8(random(8))
      case 2:
        let word: UInt32 = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000][random(6)]
        for offset in 0..<4 where position + offset < bytes.count {
          bytes[position + offset] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(offset)))
        }
      default: bytes[position] = random(2) == 0 ? 0 : 0xFF
      }
    }
    if random(4) == 0 { bytes.removeLast(random(bytes.count)) }
    return bytes
  }
}
