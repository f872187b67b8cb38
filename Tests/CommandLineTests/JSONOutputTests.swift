import Foundation
import Testing

/// `--json` of the commands whose output other tests read as prose: every line of standard output is
/// an object, and what is said besides goes to standard error.
@Suite struct JSONOutputTests {
  private let runner: CommandRunner

  init() throws {
    runner = try CommandRunner()
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
  }

  /// Runs `vamen … --json` on the CPU and reads what it prints.
  private func objects(_ arguments: String...) throws -> [[String: Any]] {
    try objects(arguments)
  }

  private func objects(_ arguments: [String]) throws -> [[String: Any]] {
    let outcome = try CommandRunner.run(
      CommandRunner.program, arguments + ["--json"], environment: ["VAMEN_DEVICE": "cpu"],
      in: runner.folder)
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return try outcome.output.split(separator: "\n").map {
      try #require(
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
  }

  @Test func aPicture() throws {
    let lines = try objects(
      "spectrogram", "clicks-1bar.wav", "--preset", "tiny", "--out", "p.png", "--data",
      "p.safetensors")
    #expect(lines.count == 1)
    #expect(lines[0]["picture"] as? String == "p.png")
    #expect(lines[0]["data"] as? String == "p.safetensors")
    #expect(abs((lines[0]["beatsPerMinute"] as? Double ?? 0) - 146.484) < 0.01, "\(lines)")
    #expect((lines[0]["settings"] as? [String: Any])?["bands"] as? Int == 64)
    #expect(runner.names().contains("p.png") && runner.names().contains("p.safetensors"))
  }

  @Test func aSoundThereAndBack() throws {
    let lines = try objects(
      "resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out", "back.wav", "--iterations",
      "3", "--verbose")
    #expect(lines.count == 1 && lines[0]["loop"] as? String == "back.wav", "\(lines)")
    // Before the first iteration and after each.
    #expect((lines[0]["convergence"] as? [Double])?.count == 4, "\(lines)")
    let ends = ["startConvergence", "endConvergence"].map { lines[0][$0] as? Double ?? 0 }
    #expect(ends.allSatisfy { (-200..<(-5)).contains($0) }, "\(ends)")
    #expect(lines[0]["onsetCorrelation"] as? Double ?? 0 > 0.9)
    // Of the weakest bins, where none is given.
    #expect(lines[0]["seed"] as? Int == 0, "\(lines)")
  }

  @Test func whatAFileHolds() throws {
    _ = try objects(
      "prepare", "clicks-1bar.wav", "--out", "breaks.vamen", "--preset", "tiny", "--count", "4",
      "--seed", "1")
    let lines = try objects("inspect", "breaks.vamen", "--verify", "--index", "1")
    #expect(lines.count == 1)
    #expect(lines[0]["kind"] as? String == "data set" && lines[0]["isVerified"] as? Bool == true)
    #expect(lines[0]["items"] as? Int == 4 && lines[0]["seed"] as? Int == 1, "\(lines)")
    let item = try #require(lines[0]["item"] as? [String: Any])
    #expect(item["index"] as? Int == 1 && (item["text"] as? String)?.isEmpty == false)
  }

  /// A file's bytes.
  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: runner.folder.appending(path: name))
  }

  @Test func aPreparationNamesItsSeedAndItsSources() throws {
    try runner.write(waveFile(Array(clicks.reversed())), to: "back.wav")
    func prepare(_ out: String, _ options: String...) throws -> [String: Any] {
      let arguments = ["prepare", "clicks-1bar.wav", "back.wav", "--synthetic", "--out", out]
      let lines = try objects(arguments + ["--preset", "tiny", "--count", "4"] + options)
      return try #require(lines.count == 1 ? lines[0] : nil)
    }
    let line = try prepare("drawn.vamen")
    let seed = try #require(line["seed"] as? Int, "\(line)")
    #expect(try prepare("again.vamen", "--seed", "\(seed)")["seed"] as? Int == seed)
    #expect(try bytes("drawn.vamen") == bytes("again.vamen"))

    let used = try #require(line["used"] as? [[String: Any]], "\(line)")
    #expect(used.count == line["sources"] as? Int)
    let named = try #require(used.first { $0["path"] as? String == "clicks-1bar.wav" }, "\(used)")
    #expect((named["name"] as? String)?.contains("clicks-1bar") == true, "\(named)")
    #expect(named["bars"] as? Double == 1 && named["origin"] as? String == "fileName", "\(named)")
    #expect(abs((named["beatsPerMinute"] as? Double ?? 0) - 120) < 1e-9, "\(named)")
    #expect(named["downbeat"] is Double && named["confidence"] is NSNull, "\(named)")
    let heard = try #require(used.first { $0["path"] as? String == "back.wav" }, "\(used)")
    #expect(heard["origin"] as? String == "estimated", "\(heard)")
    #expect((0...1).contains(heard["confidence"] as? Double ?? -1), "\(heard)")
    #expect(used.contains { $0["path"] == nil && $0["origin"] as? String == "given" }, "\(used)")
  }

  /// Before the first step, for a run that is killed, and at the end.
  @Test func aRunNamesItsSeedAndLoopsHowTheyWereDrawn() throws {
    _ = try objects(
      "prepare", "clicks-1bar.wav", "--out", "breaks.vamen", "--preset", "tiny", "--count", "24",
      "--holdout", "0.2", "--seed", "1")
    func train(_ out: String, _ options: String...) throws -> [[String: Any]] {
      let arguments = ["train", "breaks.vamen", "--out", out, "--preset", "tiny", "--steps", "2"]
      return try objects(arguments + ["--batch-size", "4", "--preview-every", "0"] + options)
    }
    let lines = try train("drawn")
    let seed = try #require(lines.last?["seed"] as? Int, "\(lines)")
    #expect(lines.last?["ending"] as? String == "finished")
    #expect(lines[0]["plan"] is [String: Any] && lines[0]["seed"] as? Int == seed, "\(lines[0])")
    _ = try train("again", "--seed", "\(seed)")
    let model = "checkpoints/last.safetensors"
    #expect(try bytes("drawn/" + model) == bytes("again/" + model))
    // That of the run that goes on.
    let resumed = try train("drawn", "--resume", "--steps", "3")
    #expect(resumed.last?["seed"] as? Int == seed, "\(resumed)")

    let loop = try objects("sample", "drawn", "--out", "plain", "--count", "1", "--iterations", "0")
    #expect(loop[0]["seed"] is Int && loop[0]["temperature"] as? Double == 1, "\(loop)")
    #expect(loop[0]["truncation"] is NSNull, "\(loop)")
    #expect((loop[0]["directions"] as? [Any])?.isEmpty == true, "\(loop)")
    let moved = try objects(
      "sample", "drawn", "--out", "moved", "--count", "1", "--iterations", "0", "--seed", "4",
      "--temperature", "0.5", "--truncation", "2", "--direction", "1=+2", "--direction", "2=-0.5")
    #expect(moved[0]["seed"] as? Int == 4 && moved[0]["temperature"] as? Double == 0.5, "\(moved)")
    #expect(moved[0]["truncation"] as? Double == 2, "\(moved)")
    let directions = moved[0]["directions"] as? [[String: Double]]
    #expect(
      directions == [["direction": 1, "amount": 2], ["direction": 2, "amount": -0.5]], "\(moved)")
  }

  @Test func randomPhasesNameTheirSeed() throws {
    func back(_ out: String, _ options: String...) throws -> [String: Any] {
      let arguments = ["resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out", out]
      let lines = try objects(arguments + ["--iterations", "1", "--start", "random"] + options)
      return try #require(lines.count == 1 ? lines[0] : nil)
    }
    let line = try back("drawn.wav")
    let seed = try #require(line["seed"] as? Int, "\(line)")
    #expect(try back("again.wav", "--seed", "\(seed)")["seed"] as? Int == seed)
    #expect(try bytes("drawn.wav") == bytes("again.wav"))
  }

  @Test func theBuiltInCases() throws {
    let lines = try objects("selftest")
    let summary = try #require(lines.last)
    #expect(summary["passed"] as? Int == lines.count - 1 && lines.count > 50)
    #expect(summary["failed"] as? Int == 0)
    for line in lines.dropLast() {
      #expect(line["status"] as? String == "PASS" && line["case"] is String, "\(line)")
      #expect(line["maxAbsoluteError"] is Double && line["tolerance"] is Double, "\(line)")
    }
  }

  @Test func theWholeStory() throws {
    let lines = try objects(
      "demo", "--minutes", "0.02", "--count", "32", "--source", "clicks-1bar.wav", "--out", "d")
    #expect(lines.count == 1)
    #expect(Set(lines[0].keys) == ["page", "grid", "loops", "model"])
    for (name, value) in lines[0] {
      let path = try #require(value as? String)
      #expect(FileManager.default.fileExists(atPath: runner.path(path)), "\(name): \(path)")
    }
  }

  /// The same object as without `--json`, which reads back as the same settings.
  @Test(arguments: [
    (["prepare", "--print-recipe"], "--recipe"),
    (["train", "--print-config", "--preset", "tiny", "--emphasis", "sample"], "--config"),
  ])
  func whatIsReadBackTakesOneLine(_ arguments: [String], _ option: String) throws {
    func printed(_ more: String...) throws -> String {
      let outcome = try CommandRunner.run(
        CommandRunner.program, arguments + more, in: runner.folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return outcome.output
    }
    func object(_ text: String) throws -> NSDictionary {
      try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }
    let (lines, line) = (try printed(), try printed("--json"))
    #expect(lines.contains("\n  \""), "\(lines)")
    #expect(line.hasSuffix("\n") && !line.dropLast().contains { $0.isWhitespace }, "\(line)")
    #expect(try object(line) == object(lines), "\(line)")
    try runner.write(Array(line.utf8), to: "line.json")
    #expect(try printed(option, "line.json") == lines)
  }

  @Test func nothingIsPrintedWhereThereIsNothingToTune() throws {
    #expect(try objects("tune", "--preset", "tiny").isEmpty)
  }
}
