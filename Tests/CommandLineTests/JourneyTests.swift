import Foundation
import ProgramRunner
import Testing

/// From a break to loops with the `tiny` preset, and everything that can be wrong on the way.
@Suite struct JourneyTests {
  /// Prepares a small data set from the synthetic drummer.
  private func prepare(_ runner: CommandRunner, seed: Int = 1) throws {
    let outcome = try runner.vamen(
      "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "40",
      "--seed", "\(seed)")
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func train(
    _ runner: CommandRunner, _ more: [String] = [], steps: Int = 6, out: String = "run"
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      CommandRunner.program,
      [
        "train", "breaks.vamen", "--out", out, "--preset", "tiny", "--steps", "\(steps)",
        "--batch-size", "8", "--checkpoint-every", "3", "--preview-every", "0", "--device", "cpu",
      ] + more, in: runner.folder)
  }

  @Test func fromABreakToLoops() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    let training = try train(runner, ["--seed", "3"])
    #expect(training.status == 0, "\(training.errors)")
    for name in [
      "config.json", "environment.json", "metrics.csv", "metrics.jsonl", "index.html",
      "checkpoints/last.safetensors", "checkpoints/best.safetensors",
      "checkpoints/state-last.safetensors", "previews/step-000006/grid.png",
      "previews/step-000006/reconstruction.png", "previews/step-000006/0.wav",
    ] {
      #expect(FileManager.default.fileExists(atPath: runner.path("run/" + name)), "\(name)")
    }
    let csv = try String(contentsOfFile: runner.path("run/metrics.csv"), encoding: .utf8)
    #expect(csv.split(separator: "\n").count == 7)
    #expect(csv.prefix { $0 != "\n" }.hasSuffix(",held_out_loss,gradient_norm"), "\(csv)")

    let sampling = try runner.vamen(
      "sample", "run", "--out", "loops", "--count", "3", "--seed", "9", "--device", "cpu",
      "--iterations", "4", "--json")
    #expect(sampling.status == 0, "\(sampling.errors)")
    let names = runner.names(in: "loops")
    #expect(names.count == 4 && names.contains("grid.png"), "\(names)")
    #expect(names.contains { $0.hasPrefix("amen-seed9-002-146.48bpm-0.5bars") }, "\(names)")

    for file in ["breaks.vamen", "run", "run/checkpoints/last.safetensors"] {
      let inspection = try runner.vamen("inspect", file)
      #expect(inspection.status == 0, "\(inspection.errors)")
      #expect(inspection.output.contains("kind"))
    }
    let export = try runner.vamen(
      "inspect", "breaks.vamen", "--index", "2", "--out", "item", "--device", "cpu")
    #expect(export.status == 0, "\(export.errors)")
    #expect(
      runner.names(in: "item") == [
        "item-2-resynthesized.wav", "item-2.png", "item-2.txt", "item-2.wav",
      ])
  }

  @Test func aResumedRunIsTheUninterruptedOne() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    // The schedules follow the planned steps, so the whole run is planned and then cut short.
    #expect(try train(runner, ["--seed", "3"], steps: 9, out: "whole").status == 0)
    let running = try runner.start(
      "train", "breaks.vamen", "--out", "cut", "--preset", "tiny", "--steps", "9",
      "--batch-size", "8", "--checkpoint-every", "3", "--preview-every", "0", "--device", "cpu",
      "--seed", "3")
    let state = runner.path("cut/checkpoints/state-last.safetensors")
    let deadline = Date().addingTimeInterval(300)
    while !FileManager.default.fileExists(atPath: state) && Date() < deadline { usleep(2000) }
    running.send(SIGKILL)
    try running.wait()
    let resumed = try train(runner, ["--resume"], steps: 9, out: "cut")
    #expect(resumed.status == 0, "\(resumed.errors)")
    for name in ["last", "state-last"] {
      let path = "checkpoints/\(name).safetensors"
      let (a, b) = (runner.path("whole/\(path)"), runner.path("cut/\(path)"))
      #expect(FileManager.default.contentsEqual(atPath: a, andPath: b), "\(path)")
    }
  }

  @Test func equalSeedsGiveEqualBytes() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    let first = FileManager.default.contents(atPath: runner.path("breaks.vamen"))
    try prepare(runner)
    #expect(first == FileManager.default.contents(atPath: runner.path("breaks.vamen")))
    #expect(try train(runner, ["--seed", "3"], out: "a").status == 0)
    #expect(try train(runner, ["--seed", "3"], out: "b").status == 0)
    let path = "checkpoints/last.safetensors"
    #expect(
      FileManager.default.contentsEqual(
        atPath: runner.path("a/" + path), andPath: runner.path("b/" + path)))
  }

  @Test func resumingWithOtherSettingsIsRefusedByName() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    #expect(try train(runner, ["--seed", "3"]).status == 0)
    let again = try train(runner, ["--seed", "3"])
    #expect(again.status == 1 && again.errors.contains("--resume"), "\(again.errors)")
    let other = try train(runner, ["--resume", "--learning-rate", "0.01"], steps: 9)
    #expect(other.status == 1 && other.errors.contains("learning rate"), "\(other.errors)")
    let none = try train(runner, ["--resume"], out: "nothing")
    #expect(none.status == 1 && none.errors.contains("nothing"), "\(none.errors)")
  }

  @Test func aDataSetOfAnotherSizeIsRefusedWithTheFittingPreset() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    let outcome = try runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--preset", "demo", "--device", "cpu")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("--preset tiny"), "\(outcome.errors)")
    #expect(runner.names() == ["breaks.vamen"])
  }

  @Test func aBatchBeyondTheMemoryIsRefused() throws {
    let runner = try CommandRunner()
    let prepared = try runner.vamen(
      "prepare", "--synthetic", "--out", "big.vamen", "--preset", "full", "--count", "2", "--seed",
      "1")
    try #require(prepared.status == 0, "\(prepared.errors)")
    let outcome = try runner.vamen(
      "train", "big.vamen", "--out", "run", "--preset", "full", "--batch-size", "4096", "--steps",
      "1", "--device", "cpu", "--seed", "1")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("smaller batch"), "\(outcome.errors)")
    #expect(runner.names() == ["big.vamen"])
  }
}
