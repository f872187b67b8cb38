import Foundation
import ProgramRunner
import Testing

/// Everything that stops a run: signals, other processes, disks and data sets that go away.
@Suite struct InterruptionTests {
  @Test(arguments: [SIGINT, SIGTERM])
  func aPoliteSignalSavesTheRun(_ signal: Int32) throws {
    let folder = try TrainingFolder()
    let running = try folder.start()
    running.send(signal)
    #expect(try running.wait(atMost: 60) == 0, "\(folder.text("errors.txt"))")
    #expect(folder.text("output.txt").contains("Stopped after step"))
    let last = try #require(folder.steps.last)
    // The checkpoint is that of the last row: going on to the next step works.
    let resumed = try folder.train(steps: last + 1, "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(folder.steps == Array(1...last + 1))
    #expect(try folder.runner.vamen("inspect", "run").status == 0)
  }

  @Test func twoProcessesInOneFolderAreRefused() throws {
    let folder = try TrainingFolder()
    let running = try folder.start()
    for more in ["--resume", "--explain"] {
      let second = try folder.train(steps: 1_000_000, more)
      #expect(second.status == 1)
      #expect(
        second.errors.contains("run is in use by process \(running.identifier)"),
        "\(second.errors)")
    }
    running.send(SIGKILL)
    try running.wait()
    // The lock of a killed process is no lock.
    let last = try #require(folder.steps.last)
    #expect(try folder.train(steps: last + 1, "--resume").status == 0)
  }

  @Test func aDataSetThatIsCutStopsTheRunAndLosesNothing() throws {
    let folder = try TrainingFolder()
    let whole = try Data(contentsOf: folder.runner.folder.appending(path: "breaks.vamen"))
    let running = try folder.start()
    #expect(truncate(folder.runner.path("breaks.vamen"), 5000) == 0)
    #expect(try running.wait(atMost: 60) == 1)
    let errors = folder.text("errors.txt")
    #expect(errors.contains("breaks.vamen was cut while it was in use"), "\(errors)")
    #expect(errors.contains("--resume"), "\(errors)")
    try whole.write(to: folder.runner.folder.appending(path: "breaks.vamen"))
    let last = try #require(folder.steps.last)
    // The state of the very last step was saved.
    #expect(errors.contains("from step \(last)"), "\(errors)")
    #expect(try folder.train(steps: last + 2, "--resume").status == 0)
    #expect(folder.steps == Array(1...last + 2))
  }

  @Test func aDataSetThatIsOverwrittenStopsTheRun() throws {
    let folder = try TrainingFolder()
    let running = try folder.start()
    let path = folder.runner.path("breaks.vamen")
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    let length = try file.seekToEnd()
    try file.seek(toOffset: 4096)
    try file.write(contentsOf: Data(repeating: 77, count: Int(length) - 4096 - 2000))
    try file.close()
    #expect(try running.wait(atMost: 60) == 1)
    #expect(
      folder.text("errors.txt").contains("breaks.vamen was written to while it was in use"),
      "\(folder.text("errors.txt"))")
  }

  /// What is open stays readable when its name goes away or leads elsewhere.
  @Test func aDataSetThatIsRemovedOrReplacedDoesNotDisturb() throws {
    let folder = try TrainingFolder()
    let running = try folder.start()
    let before = folder.steps.last ?? 0
    let path = folder.runner.path("breaks.vamen")
    try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
    try folder.runner.write([1, 2, 3], to: "breaks.vamen")
    try folder.wait { (folder.steps.last ?? 0) > before + 8 || running.hasEnded() }
    running.send(SIGTERM)
    #expect(try running.wait(atMost: 60) == 0, "\(folder.text("errors.txt"))")
    // But going on needs it.
    let resumed = try folder.train(steps: 1_000_000, "--resume")
    #expect(resumed.status == 1 && resumed.errors.contains("breaks.vamen"), "\(resumed.errors)")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".moved", toPath: path)
    let last = try #require(folder.steps.last)
    #expect(try folder.train(steps: last + 1, "--resume").status == 0)
  }

  /// A limit on the size of files is what a full disk looks like, without being root.
  @Test func aFullDiskKeepsTheLastCheckpoint() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    let names = ["last", "best", "state-last"].map { "run/checkpoints/\($0).safetensors" }
    let before = names.map { FileManager.default.contents(atPath: folder.runner.path($0)) }
    // 600 KiB: enough for rows and the page, too little for a model.
    let script = "ulimit -f 600; exec \"$0\" \"$@\""
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/bash"),
      ["-c", script, CommandRunner.program.path]
        + TrainingFolder.arguments(steps: 8, ["--resume"]), in: folder.runner.folder)
    #expect(outcome.status == 1, "\(outcome.status): \(outcome.errors)")
    #expect(outcome.errors.contains("cannot write"), "\(outcome.errors)")
    #expect(outcome.errors.contains("safetensors"), "\(outcome.errors)")
    let after = names.map { FileManager.default.contents(atPath: folder.runner.path($0)) }
    #expect(before == after)
    #expect(!folder.runner.names(in: "run/checkpoints").contains { $0.hasSuffix(".partial") })
    // With space again, the run ends as if nothing had happened.
    #expect(try folder.train(steps: 8, "--resume").status == 0)
    #expect(folder.steps == Array(1...8))
  }

  /// Its next row has nowhere to go; where the folder went, the run goes on.
  @Test func aRunFolderThatIsMovedAwayStopsTheRun() throws {
    let folder = try TrainingFolder()
    let running = try folder.start()
    let (old, new) = (folder.runner.path("run"), folder.runner.path("moved"))
    try FileManager.default.moveItem(atPath: old, toPath: new)
    #expect(try running.wait(atMost: 60) == 1)
    let errors = folder.text("errors.txt")
    #expect(errors.contains("No such file or directory") && errors.contains("run/"), "\(errors)")
    #expect(!folder.exists("run"))
    let resumed = try folder.train(steps: 1_000_000, out: "moved", "--resume", "--dry-run")
    #expect(resumed.status == 0, "\(resumed.errors)")
  }

  @Test(arguments: ["state-last", "last"])
  func aVanishedCheckpointIsSaid(_ name: String) throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    let path = "run/checkpoints/\(name).safetensors"
    try FileManager.default.removeItem(atPath: folder.runner.path(path))
    let resumed = try folder.train(steps: 8, "--resume")
    if name == "last" {
      // What is needed is the state; the model is written anew.
      #expect(resumed.status == 0 && folder.exists(path), "\(resumed.errors)")
    } else {
      #expect(resumed.status == 1 && resumed.errors.contains(path), "\(resumed.errors)")
    }
  }

  @Test func aKilledProcessLeavesNoPartialFilesForEver() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    try folder.runner.write([1], to: "run/checkpoints/.last.safetensors.abc.partial")
    try folder.runner.write([1], to: "run/.index.html.abc.partial")
    try #require(folder.train(steps: 5, "--resume").status == 0)
    #expect(!folder.exists("run/checkpoints/.last.safetensors.abc.partial"))
    #expect(!folder.exists("run/.index.html.abc.partial"))
  }

  @Test func halfARowIsNoRow() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    for (name, text) in [("csv", "5,0.12"), ("jsonl", "{\"step\":4,\"lo")] {
      let file = try FileHandle(
        forWritingTo: URL(filePath: folder.runner.path("run/metrics.\(name)")))
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    }
    try #require(folder.train(steps: 6, "--resume").status == 0)
    #expect(folder.steps == Array(1...6))
    #expect(folder.text("run/metrics.jsonl").split(separator: "\n").count == 6)
  }

  /// What editors, spreadsheets and version control do to text: no row is lost.
  @Test(arguments: ["other header", "no header", "no file", "carriage returns"])
  func editedMetricsKeepTheirRows(_ edit: String) throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    let (rows, lines) = (folder.text("run/metrics.csv"), folder.text("run/metrics.jsonl"))
    let rest = rows.drop { $0 != "\n" }
    func write(_ text: String, to name: String) throws {
      try folder.runner.write(Array(text.utf8), to: "run/metrics.\(name)")
    }
    switch edit {
    case "other header": try write("x\(rest)", to: "csv")
    case "no header": try write(String(rest.dropFirst()), to: "csv")
    case "no file":
      try FileManager.default.removeItem(atPath: folder.runner.path("run/metrics.csv"))
    default:
      try write(rows.replacing("\n", with: "\r\n"), to: "csv")
      try write(lines.replacing("\n", with: "\r\n"), to: "jsonl")
    }
    let resumed = try folder.train(steps: 5, "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(folder.text("run/metrics.csv").hasPrefix(rows))
    #expect(folder.text("run/metrics.jsonl").hasPrefix(lines))
    #expect(folder.steps == Array(1...5))
  }

  /// Without a header and without the other file, nothing says what the rows hold.
  @Test func rowsThatNothingExplainsAreNotCut() throws {
    let folder = try TrainingFolder()
    try #require(folder.train(steps: 4).status == 0)
    let rest = folder.text("run/metrics.csv").drop { $0 != "\n" }
    let rows = "x\(rest)"
    try folder.runner.write(Array(rows.utf8), to: "run/metrics.csv")
    try folder.runner.write([], to: "run/metrics.jsonl")
    let resumed = try folder.train(steps: 5, "--resume")
    #expect(resumed.status == 1 && resumed.errors.contains("metrics.csv"), "\(resumed.errors)")
    #expect(folder.text("run/metrics.csv") == rows)
  }
}
