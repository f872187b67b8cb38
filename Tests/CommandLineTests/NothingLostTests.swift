import Foundation
import ProgramRunner
import Testing

/// What must not end a run, and what a run that ended must not have lost.
@Suite struct NothingLostTests {
  /// A log on a disk that is full, or whose reader went away.
  @Test(arguments: ["2>/dev/full", "2>&1 >/dev/null | head -n 1"])
  func whoeverListensToARunDoesNotEndIt(_ log: String) throws {
    let folder = try TrainingFolder()
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/sh"),
      ["-c", #""$0" "$@" \#(log)"#, CommandRunner.program.path]
        + TrainingFolder.arguments(steps: 6), in: folder.runner.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(folder.steps == Array(1...6))
  }

  /// A terminal that is closed tells its programs to hang up.
  @Test func aClosedTerminalLeavesACheckpointOfTheLastStep() throws {
    // Whatever started the tests may have it ignored.
    signal(SIGHUP, SIG_DFL)
    let folder = try TrainingFolder()
    let running = try folder.start()
    running.send(SIGHUP)
    #expect(try running.wait(atMost: 60) == 0, "\(folder.text("errors.txt"))")
    let last = try #require(folder.steps.last)
    #expect(folder.text("output.txt").contains("--resume"))
    #expect(try folder.train(steps: last + 2, "--resume").status == 0)
    #expect(folder.steps == Array(1...last + 2))
  }

  @Test func aRunDoesNotGoOnWithDamagedPictures() throws {
    let folder = try TrainingFolder()
    #expect(try folder.train(steps: 4).status == 0)
    let path = folder.runner.path("breaks.vamen")
    let whole = try Data(contentsOf: URL(filePath: path))
    var damaged = whole
    for place in 8192..<40_000 { damaged[place] ^= 0x55 }
    try damaged.write(to: URL(filePath: path))
    let resumed = try folder.train(steps: 8, "--resume")
    #expect(resumed.status == 1 && resumed.errors.contains("is damaged"), "\(resumed.errors)")
    try whole.write(to: URL(filePath: path))
    #expect(try folder.train(steps: 8, "--resume").status == 0)
    #expect(folder.steps == Array(1...8))
  }

  /// A run that has lost its state does not begin again over what it has done.
  @Test(arguments: [["state-last", "last"], ["state-last", "last", "best", "step-000004"], []])
  func aRunWithoutItsStateIsLeftAsItIs(_ lost: [String]) throws {
    let folder = try TrainingFolder()
    #expect(try folder.train(steps: 4).status == 0)
    if lost.isEmpty {
      try FileManager.default.removeItem(atPath: folder.runner.path("run/checkpoints"))
    }
    for name in lost {
      try FileManager.default.removeItem(
        atPath: folder.runner.path("run/checkpoints/\(name).safetensors"))
    }
    // The lock has the number of the last process.
    func files() -> [String: Data] { folder.contents.filter { $0.key != "run/.lock" } }
    let before = files()
    for more in ["--explain", "--dry-run"] {
      let resumed = try folder.train(steps: 8, "--resume", more)
      #expect(resumed.status == 1, "\(resumed.errors)")
      #expect(
        resumed.errors.contains("state-last.safetensors is missing")
          && resumed.errors.contains("run/metrics.csv"), "\(resumed.errors)")
    }
    #expect(files() == before)
  }

  /// Files of somebody else, or of a run that has lost its settings.
  @Test(arguments: [
    "index.html", "metrics.csv", "environment.json", "checkpoints/last.safetensors",
    "tensorboard/events.out.tfevents.1.host", "tiles.json",
  ])
  func aNewRunLeavesFilesThatAreThere(_ name: String) throws {
    let folder = try TrainingFolder()
    let path = folder.runner.folder.appending(path: "run/\(name)")
    try FileManager.default.createDirectory(
      at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: path)
    let before = folder.contents
    let outcome = try folder.train(steps: 4)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("run/\(name)"), "\(outcome.errors)")
    #expect(folder.contents == before)
  }

  /// What a start leaves that was killed before it had recorded its settings, and unrelated files.
  @Test func aNewRunTakesAFolderWithNothingOfARun() throws {
    let folder = try TrainingFolder()
    for name in ["run/checkpoints", "run/previews"] {
      try FileManager.default.createDirectory(
        atPath: folder.runner.path(name), withIntermediateDirectories: true)
    }
    let files = [("notes.txt", "mine"), ("tiles.json", "[]"), (".lock", "1\n")]
    for (name, text) in files { try folder.runner.write(Array(text.utf8), to: "run/\(name)") }
    let outcome = try folder.train(steps: 4)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(folder.text("run/notes.txt") == "mine" && folder.steps == Array(1...4))
    // No tiles of another start: resuming would take them.
    #expect(!folder.exists("run/tiles.json"))
  }

  /// Killed before its first state, a run has nothing to lose.
  @Test func aRunThatHasDoneNoStepBeginsAgain() throws {
    let folder = try TrainingFolder()
    #expect(try folder.train(steps: 4).status == 0)
    for name in folder.runner.names(in: "run/checkpoints") {
      try FileManager.default.removeItem(atPath: folder.runner.path("run/checkpoints/\(name)"))
    }
    try FileManager.default.removeItem(atPath: folder.runner.path("run/previews/step-000004"))
    try folder.runner.write([], to: "run/metrics.jsonl")
    let header = folder.text("run/metrics.csv").split(separator: "\n").prefix(1)
    try folder.runner.write(Array("\(header.joined())\n".utf8), to: "run/metrics.csv")
    let resumed = try folder.train(steps: 4, "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(folder.steps == Array(1...4))
  }

  /// The power may fail after a model was written and before its row was on the disk.
  @Test func theBestModelStaysWhenItsRowIsLost() throws {
    let folder = try TrainingFolder()
    #expect(try folder.train(steps: 4).status == 0)
    let path = folder.runner.path("run/checkpoints/best.safetensors")
    var model = try Data(contentsOf: URL(filePath: path))
    // A loss that no model reaches, in as many characters.
    let key = Data(#""vamen.provenance.heldOutLoss":"-"#.utf8)
    let found = try #require(model.range(of: key), "\(folder.text("run/metrics.csv"))")
    model[found.upperBound] = UInt8(ascii: "9")
    try model.write(to: URL(filePath: path))
    try folder.runner.write([], to: "run/metrics.jsonl")
    let resumed = try folder.train(steps: 8, "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try Data(contentsOf: URL(filePath: path)) == model)
  }
}
