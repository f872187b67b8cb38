import Foundation
import ProgramRunner
import Testing

/// Preparing large, odd and interrupted data sets; looking at them and listening to them.
@Suite struct PreparationTests {
  private func folder(_ runner: CommandRunner, _ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: runner.path(name), withIntermediateDirectories: true)
  }

  @Test func aKilledPreparationGoesOnWithTheSameCommand() throws {
    let runner = try CommandRunner()
    let arguments = { (name: String) in
      ["prepare", "--synthetic", "--out", name, "--preset", "small", "--count", "600"]
    }
    let running = try RunningProgram(
      CommandRunner.program, arguments("cut.vamen"), in: runner.folder)
    // Some items are written when the file has taken up a few blocks of the disk.
    let deadline = Date().addingTimeInterval(300)
    var status = stat()
    repeat {
      usleep(3000)
    } while (stat(runner.path(".cut.vamen.partial"), &status) != 0 || status.st_blocks < 4000)
      && Date() < deadline
    running.send(SIGKILL)
    try running.wait()
    #expect(runner.names() == [".cut.vamen.partial"])

    let resumed = try CommandRunner.run(
      CommandRunner.program, arguments("cut.vamen"), in: runner.folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("unfinished"), "\(resumed.errors)")
    let seed = try #require(
      resumed.errors.split(separator: "\n").first { $0.hasPrefix("Seed: ") }?
        .split { " ,".contains($0) }[1])
    let whole = try CommandRunner.run(
      CommandRunner.program, arguments("whole.vamen") + ["--seed", String(seed)],
      in: runner.folder)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(
      FileManager.default.contentsEqual(
        atPath: runner.path("cut.vamen"), andPath: runner.path("whole.vamen")))
  }

  @Test func twentyThousandFilesInOneFolder() throws {
    let runner = try CommandRunner()
    try folder(runner, "many")
    var bytes = waveFile(Array(clicks.prefix(5000)))
    for index in 0..<20_000 {
      // The last samples tell them apart; every fourth is no sound at all.
      for shift in 0..<2 {
        bytes[bytes.count - 2 + shift] = UInt8(truncatingIfNeeded: index >> (8 * shift))
      }
      let isSound = index % 4 != 0
      try runner.write(isSound ? bytes : Array("not \(index)".utf8), to: "many/\(index).wav")
    }
    let script = "ulimit -v 2500000; exec \"$0\" \"$@\""
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"),
      [
        "-c", script, CommandRunner.program.path, "prepare", "many", "--out", "x.vamen", "--preset",
        "tiny", "--count", "50", "--seed", "1",
      ], in: runner.folder)
    #expect(outcome.status == 0, "\(outcome.errors.suffix(1000))")
    #expect(
      outcome.output.contains("Sources: 15000 used, 5000 left out (5000 not-audio)"),
      "\(outcome.output)")
  }

  @Test func threeHoursAreStreamed() throws {
    let runner = try CommandRunner()
    // Three hours of 8-bit silence at 8 kHz with a minute of beats near the end, as an AU file.
    let rate = 8000
    var bytes: [UInt8] = Array(".snd".utf8)
    for value in [24, 3 * 3600 * rate, 2, rate, 1] {
      withUnsafeBytes(of: UInt32(value).bigEndian) { bytes += $0 }
    }
    bytes += [UInt8](repeating: 0, count: 3 * 3600 * rate)
    for beat in 0..<120 {
      let start = 24 + (10_000 * rate) + beat * rate / 2
      for offset in 0..<300 { bytes[start + offset] = offset % 8 < 4 ? 100 : 156 }
    }
    try runner.write(bytes, to: "long.au")
    let script = "ulimit -v 2500000; exec \"$0\" \"$@\""
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"),
      [
        "-c", script, CommandRunner.program.path, "prepare", "long.au", "--out", "x.vamen",
        "--preset", "tiny", "--count", "4", "--seed", "1",
      ], in: runner.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains(" bpm from 100"), "\(outcome.errors)")
  }

  @Test func itemsAndSourcesCanBeHeardAndSeen() throws {
    let runner = try CommandRunner()
    let prepared = try runner.vamen(
      "prepare", "--synthetic", "--out", "d.vamen", "--preset", "tiny", "--count", "12", "--seed",
      "1", "--slice", "onset", "--fit", "stretch", "--holdout-by", "source")
    #expect(prepared.status == 0, "\(prepared.errors)")
    #expect(prepared.errors.contains("no recording"))
    let outcome = try runner.vamen(
      "inspect", "d.vamen", "--export", "items", "--page", "page", "--verify", "--device", "cpu")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(runner.names(in: "items").count == 32)
    for word in ["onset", "stretch", "source", "all as they were written"] {
      #expect(outcome.output.contains(word), "\(word)")
    }
    let page = try String(contentsOfFile: runner.path("page/index.html"), encoding: .utf8)
    let text = try String(contentsOfFile: runner.path("items/item-3.txt"), encoding: .utf8)
    #expect(page.contains(text.dropLast().replacing(">", with: "&gt;")), "\(text)")
    // Four sources and eight items, each with its round trip.
    #expect(page.split(separator: "<audio ").count - 1 == 24)
    let wrong = try runner.vamen("inspect", "d.vamen", "--index", "12")
    #expect(wrong.status == 1 && wrong.errors.contains("0 to 11"), "\(wrong.errors)")
  }

  @Test func theRecipeIsPrintedReadAndChecked() throws {
    let runner = try CommandRunner()
    let printed = try runner.vamen("prepare", "--print-recipe")
    #expect(printed.status == 0 && printed.output.contains("\"keepPosition\": 0.7"))
    try runner.write(Array(printed.output.utf8), to: "r.json")
    let again = try runner.vamen("prepare", "--print-recipe", "--recipe", "r.json")
    #expect(again.output == printed.output)
    try runner.write(Array("{\"gohst\": 0.1}".utf8), to: "r.json")
    let wrong = try runner.vamen("prepare", "--synthetic", "--out", "x.vamen", "--recipe", "r.json")
    #expect(wrong.status == 1 && wrong.errors.contains("ghost"), "\(wrong.errors)")
    #expect(runner.names() == ["r.json"])
  }

  @Test(arguments: [
    (["--bars", "1"], "hop"), (["--count", "17"], "count"), (["--seed", "2"], "seed"),
    (["--slice", "onset"], "fitting.slice"), (["--holdout", "0.2"], "heldOut.fraction"),
  ])
  func resumingWithAnotherDataSetNamesWhatDiffers(_ options: [String], _ field: String) throws {
    let runner = try CommandRunner()
    func prepare(_ name: String, _ options: [String]) throws {
      let usual = ["--count", "16", "--seed", "1"].enumerated().filter { index, _ in
        !options.contains(["--count", "--seed"][index / 2])
      }.map(\.element)
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        ["prepare", "--synthetic", "--out", name, "--preset", "tiny"] + usual + options,
        in: runner.folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    func train(_ name: String, _ options: String...) throws -> CommandRunner.Outcome {
      try CommandRunner.run(
        CommandRunner.program,
        [
          "train", name, "--out", "run", "--preset", "tiny", "--steps", "1", "--batch-size", "4",
          "--preview-every", "0", "--device", "cpu",
        ] + options, in: runner.folder)
    }
    try prepare("a.vamen", [])
    try prepare("b.vamen", options)
    try #require(try train("a.vamen", "--seed", "1").status == 0)
    let refused = try train("b.vamen", "--resume")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("its \(field) is"), "\(refused.errors)")
  }
}
