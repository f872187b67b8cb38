import Foundation
import Testing

/// `vamen evaluate` and `vamen sample --direction`, from a data set to the card in the run's page.
@Suite struct EvaluationCommandTests {
  @Test func aRunGetsItsCard() throws {
    let runner = try CommandRunner()
    try #require(
      runner.vamen(
        "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "40",
        "--holdout", "0.3", "--seed", "1"
      ).status == 0)
    let training = try runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--steps", "4", "--batch-size",
      "8", "--preview-every", "0", "--seed", "3", "--device", "cpu")
    try #require(training.status == 0, "\(training.errors)")

    let outcome = try runner.vamen(
      "evaluate", "run", "breaks.vamen", "--count", "12", "--iterations", "4", "--json",
      "--device", "cpu")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let card = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect((card["rows"] as? [Any])?.count == 4)
    #expect(
      runner.names(in: "run").filter { $0.hasPrefix("evaluation") } == [
        "evaluation.html", "evaluation.json",
      ])
    let page = try String(contentsOfFile: runner.path("run/index.html"), encoding: .utf8)
    #expect(page.contains("id=\"evaluation\"") && page.contains("memorised"))

    let text = try runner.vamen(
      "evaluate", "run/checkpoints/last.safetensors", "breaks.vamen", "--count", "12",
      "--iterations", "4", "--device", "cpu")
    #expect(text.status == 0 && text.output.contains("memorised"), "\(text.errors)")

    // A folder that cannot be made is said at once; a file that cannot be written costs no card.
    try runner.write([], to: "file")
    try FileManager.default.createDirectory(
      at: runner.folder.appending(path: "blocked/evaluation.json"),
      withIntermediateDirectories: true)
    for (out, isEvaluated) in [("file", false), ("file/card", false), ("blocked", true)] {
      let refused = try runner.vamen(
        "evaluate", "run", "breaks.vamen", "--count", "12", "--iterations", "1", "--json",
        "--out", out, "--device", "cpu")
      #expect(refused.status == 1 && refused.errors.contains(out), "\(refused)")
      #expect(refused.errors.contains("100%") == isEvaluated, "\(refused.errors)")
      #expect(refused.output.contains("\"rows\"") == isEvaluated, "\(refused.output)")
    }

    // Damaged pictures are no pictures, for whatever needs them.
    var bytes = try Data(contentsOf: runner.folder.appending(path: "breaks.vamen"))
    let start = Int(bytes[16..<24].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    bytes[start + 100] ^= 1
    try bytes.write(to: runner.folder.appending(path: "damaged.vamen"))
    for arguments in [
      ["evaluate", "run", "damaged.vamen", "--count", "12", "--iterations", "4", "--out", "card"],
      ["inspect", "damaged.vamen", "--index", "0", "--export", "items"],
      ["resynthesize", "damaged.vamen", "--count", "1", "--out", "items"],
    ] {
      let refused = try CommandRunner.run(
        CommandRunner.program, arguments + ["--device", "cpu"], in: runner.folder)
      #expect(refused.status == 1 && !refused.errors.contains("%"), "\(refused)")
      #expect(refused.errors.contains("the picture of item 0 is damaged"), "\(refused.errors)")
    }

    let inspection = try runner.vamen("inspect", "run/checkpoints/last.safetensors")
    #expect(inspection.output.contains("direction 8"), "\(inspection.output)")
    for (direction, status) in [("1=+2", 0), ("9=1", 1), ("1=x", 2), ("0=1", 2)] {
      let sampling = try runner.vamen(
        "sample", "run", "--out", "loops", "--count", "1", "--seed", "9", "--iterations", "2",
        "--direction", direction, "--direction", "2=-1", "--device", "cpu")
      #expect(sampling.status == status, "\(direction): \(sampling.errors)")
    }
    #expect(try runner.vamen("evaluate", "run", "breaks.vamen", "--count", "3").status == 2)
  }
}
