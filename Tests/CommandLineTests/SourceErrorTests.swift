import Foundation
import Testing

/// Sources that cannot be used: one clear error that names the file, exit status 1, nothing written.
@Suite struct SourceErrorTests {
  struct BadSource: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var name: String
    var bytes: [UInt8]?
  }

  static let sources = [
    BadSource(testDescription: "missing", name: "missing.wav", bytes: nil),
    BadSource(testDescription: "empty", name: "empty.wav", bytes: []),
    BadSource(
      testDescription: "truncated header", name: "cut.wav", bytes: Array(waveFile(clicks)[..<30])),
    BadSource(testDescription: "not audio", name: "text.wav", bytes: Array("no sound here".utf8)),
    BadSource(testDescription: "zero samples", name: "zero.wav", bytes: waveFile([])),
    BadSource(testDescription: "one sample", name: "one.wav", bytes: waveFile([1000])),
    BadSource(
      testDescription: "silence", name: "silence.wav",
      bytes: waveFile([Int16](repeating: 0, count: 20_000))),
    BadSource(
      testDescription: "not-a-number samples", name: "nan.wav",
      bytes: floatWaveFile((0..<20_000).map { $0 == 777 ? .nan : Float($0 % 50) / 50 })),
  ]

  @Test(arguments: sources) func isRefused(_ source: BadSource) throws {
    let runner = try CommandRunner()
    if let bytes = source.bytes { try runner.write(bytes, to: source.name) }
    let before = runner.names()
    let outcome = try runner.vamen(
      "prepare", source.name, "--out", "breaks.vamen", "--preset", "tiny", "--count", "4")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(source.name), "\(outcome.errors)")
    #expect(outcome.errors.contains("vamen: "), "\(outcome.errors)")
    #expect(runner.names() == before, "something was left behind")
  }

  @Test func aFolderWithNothingUsableIsRefused() throws {
    let runner = try CommandRunner()
    try FileManager.default.createDirectory(
      atPath: runner.path("loops"), withIntermediateDirectories: true)
    try runner.write(Array("notes".utf8), to: "loops/notes.txt")
    let outcome = try runner.vamen(
      "prepare", "loops", "--out", "breaks.vamen", "--preset", "tiny", "--count", "4")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("nothing usable"), "\(outcome.errors)")
    #expect(outcome.errors.contains("--synthetic"), "\(outcome.errors)")
    #expect(runner.names() == ["loops"])
    // Another command has nothing to play without a source.
    try writeTinyModel(to: runner.path("model.safetensors"))
    let reconstructing = try runner.vamen(
      "reconstruct", "model.safetensors", "loops", "--out", "back", "--device", "cpu")
    #expect(reconstructing.status == 1)
    #expect(reconstructing.errors.contains("nothing usable"), "\(reconstructing.errors)")
    #expect(!reconstructing.errors.contains("--synthetic"), "\(reconstructing.errors)")
  }

  @Test func namesCannotMoveATerminalsCursor() throws {
    let runner = try CommandRunner()
    try writeTinyModel(to: runner.path("model.safetensors"))
    try FileManager.default.createDirectory(
      atPath: runner.path("in"), withIntermediateDirectories: true)
    try runner.write(waveFile(clicks), to: "in/a\u{1B}[2J-1bar.wav")
    try runner.write(Array("no sound".utf8), to: "in/b\u{1B}[2J.wav")
    for (arguments, status) in [
      (["prepare", "in", "--out", "d\u{1B}.vamen", "--preset", "tiny", "--count", "4"], 0),
      (["inspect", "d\u{1B}.vamen"], 0),
      (["reconstruct", "model.safetensors", "in", "--out", "r\u{1B}", "--iterations", "1"], 0),
      (["spectrogram", "in/a\u{1B}[2J-1bar.wav", "--preset", "tiny", "--out", "p\u{1B}.png"], 0),
      (["sample", "no\u{1B}.safetensors", "--out", "loops"], 1),
    ] as [([String], Int32)] {
      let outcome = try CommandRunner.run(
        CommandRunner.program, arguments, environment: ["VAMEN_DEVICE": "cpu"], in: runner.folder)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      let said = outcome.output + outcome.errors
      #expect(said.contains("\u{FFFD}") && !said.contains("\u{1B}"), "\(arguments)")
    }
  }

  @Test func messagesNameFilesWithTheirFolders() throws {
    let runner = try CommandRunner()
    try writeTinyModel(to: runner.path("model.safetensors"))
    try FileManager.default.createDirectory(
      atPath: runner.path("au"), withIntermediateDirectories: true)
    try runner.write(waveFile(clicks), to: "au/clicks-1bar.wav")
    try runner.write(waveFile([Int16](clicks.prefix(11))), to: "au/short.wav")
    try runner.write(waveFile([Int16](repeating: 0, count: 20_000)), to: "au/silent.wav")
    let short = "au/short.wav: 0.0011 seconds are too short for a loop"
    for arguments in [
      [
        "prepare", "au", "--out", "breaks.vamen", "--preset", "tiny", "--count", "4", "--seed", "1",
        "--json",
      ],
      ["reconstruct", "model.safetensors", "au", "--out", "back", "--iterations", "0", "--json"],
    ] {
      let outcome = try CommandRunner.run(
        CommandRunner.program, arguments, environment: ["VAMEN_DEVICE": "cpu"], in: runner.folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let skipped = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Skipped ") }
      #expect(skipped.count == 2 && skipped.allSatisfy { $0.hasPrefix("Skipped au/") })
      #expect(skipped.contains { $0.hasPrefix("Skipped \(short);") }, "\(outcome.errors)")
      #expect(outcome.errors.contains("Source au/clicks-1bar.wav: 1 bar at 120 bpm"))
      guard arguments[0] == "prepare" else { continue }
      let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let summary = try #require(object as? [String: Any])
      let reasons = try #require(summary["skipped"] as? [[String: String]])
      #expect(reasons.contains { $0["path"] == "au/short.wav" && $0["reason"] == short })
    }
    let tempo = try runner.vamen(
      "reconstruct", "model.safetensors", "au/silent.wav", "--out", "back", "--source-bpm", "nan",
      "--device", "cpu")
    #expect(tempo.errors.contains("au/silent.wav: a tempo of nan bpm"), "\(tempo.errors)")
  }

  @Test func aBadFileAmongGoodOnesIsSkippedWithItsReason() throws {
    let runner = try CommandRunner()
    try FileManager.default.createDirectory(
      atPath: runner.path("loops"), withIntermediateDirectories: true)
    try runner.write(waveFile(clicks), to: "loops/clicks-1bar.wav")
    try runner.write(Array("no sound".utf8), to: "loops/broken.wav")
    let outcome = try runner.vamen(
      "prepare", "loops", "--out", "breaks.vamen", "--preset", "tiny", "--count", "4", "--seed", "1"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("Skipped") && outcome.errors.contains("broken.wav"))
    #expect(runner.names().contains("breaks.vamen"))
  }
}
