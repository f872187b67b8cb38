import Foundation
import ProgramRunner
import Testing

/// A folder with a small data set, to train `tiny` models in.
struct TrainingFolder {
  let runner: CommandRunner

  /// A data set of 24 loops of the synthetic drummer, prepared once.
  private static let breaks = Result {
    let runner = try CommandRunner()
    let outcome = try runner.vamen(
      "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "24",
      "--holdout", "0.2", "--seed", "1")
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try Data(contentsOf: runner.folder.appending(path: "breaks.vamen"))
  }

  /// A folder with the data set.
  init() throws {
    runner = try CommandRunner()
    try Self.breaks.get().write(to: runner.folder.appending(path: "breaks.vamen"))
  }

  /// What trains for a number of steps.
  static func arguments(steps: Int, out: String = "run", _ more: [String] = []) -> [String] {
    [
      "train", "breaks.vamen", "--out", out, "--preset", "tiny", "--steps", "\(steps)",
      "--batch-size", "4", "--checkpoint-every", "4", "--preview-every", "0", "--device", "cpu",
      "--seed", "3",
    ] + more
  }

  /// Trains to the end.
  @discardableResult
  func train(
    steps: Int, out: String = "run", _ more: String...
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      CommandRunner.program, Self.arguments(steps: steps, out: out, more), in: runner.folder)
  }

  /// Starts training that would take very long, and waits for its first checkpoint.
  func start(errors: String = "errors.txt", _ more: String...) throws -> RunningProgram {
    let running = try RunningProgram(
      CommandRunner.program, Self.arguments(steps: 1_000_000, more), in: runner.folder,
      output: URL(filePath: runner.path("output.txt")),
      errors: URL(filePath: runner.path(errors)))
    try wait { exists("run/checkpoints/step-000004.safetensors") || running.hasEnded() }
    return running
  }

  /// Waits for something, five minutes at most.
  func wait(until condition: () -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while !condition() {
      try #require(ContinuousClock.now < deadline, "nothing happened for five minutes")
      usleep(2000)
    }
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: runner.path(name))
  }

  func text(_ name: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: runner.path(name)) ?? Data(), as: UTF8.self)
  }

  /// Every file below and its bytes.
  var contents: [String: Data] {
    let names = FileManager.default.subpaths(atPath: runner.folder.path) ?? []
    return names.reduce(into: [:]) { files, name in
      files[name] = FileManager.default.contents(atPath: runner.path(name))
    }
  }

  /// Rows of the metrics, by step.
  var steps: [Int] {
    text("run/metrics.csv").split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: ",").first.flatMap { Int($0) }
    }
  }

  /// Whether two runs ended with the same bytes.
  func areEqual(_ first: String, _ second: String) -> Bool {
    ["last", "best", "state-last"].allSatisfy { name in
      FileManager.default.contentsEqual(
        atPath: runner.path("\(first)/checkpoints/\(name).safetensors"),
        andPath: runner.path("\(second)/checkpoints/\(name).safetensors"))
    }
  }
}
