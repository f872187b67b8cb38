import Foundation
import Testing

/// Models go to PyTorch and back through `Docs/pytorch_interchange.py`; `VAMEN_PYTHON` names a Python
/// that has torch, numpy and safetensors.
@Suite struct PyTorchTests {
  private static let named = ProcessInfo.processInfo.environment["VAMEN_PYTHON"]
  private static let python = named ?? "python3"

  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Docs/pytorch_interchange.py").path

  private static func run(_ runner: CommandRunner, _ arguments: String...) throws -> (
    status: Int32, text: String
  ) {
    let outcome = try CommandRunner.run(
      URL(filePath: "/usr/bin/env"), [python] + arguments, in: runner.folder)
    return (outcome.status, outcome.output + outcome.errors)
  }

  /// Whether there is a Python to test with; one that is named is held to it.
  private static let hasTorch: Bool = {
    if named != nil { return true }
    guard let runner = try? CommandRunner() else { return false }
    return (try? run(runner, "-c", "import numpy, safetensors, torch").status) == 0
  }()

  @Test(.enabled(if: hasTorch, "no Python with numpy, safetensors and torch; set VAMEN_PYTHON"))
  func bothMakeTheSameOfTheSameWeights() throws {
    let runner = try CommandRunner()
    try #require(
      runner.vamen(
        "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "12",
        "--seed", "1"
      ).status == 0)
    try #require(
      runner.vamen(
        "train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--steps", "2", "--batch-size",
        "4", "--preview-every", "0", "--seed", "3", "--device", "cpu"
      ).status == 0)
    let trained = "run/checkpoints/last.safetensors"
    let made = try Self.run(runner, Self.script, "make", trained, "fresh.safetensors")
    #expect(made.status == 0, "\(made.text)")
    for model in [trained, "fresh.safetensors"] {
      let inspection = try runner.vamen(
        "inspect", model, "--numbers", "numbers.safetensors", "--device", "cpu")
      #expect(inspection.status == 0, "\(inspection.errors)")
      let comparison = try Self.run(runner, Self.script, "compare", model, "numbers.safetensors")
      #expect(comparison.status == 0, "\(model): \(comparison.text)")
    }
    // The numbers of one model are not those of another.
    let wrong = try Self.run(runner, Self.script, "compare", trained, "numbers.safetensors")
    #expect(wrong.status == 1 && wrong.text.contains("differ"), "\(wrong.text)")
    let sampling = try runner.vamen(
      "sample", "fresh.safetensors", "--out", "loops", "--count", "1", "--seed", "1",
      "--iterations", "2", "--device", "cpu")
    #expect(sampling.status == 0, "\(sampling.errors)")
  }
}
