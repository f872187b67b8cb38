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
