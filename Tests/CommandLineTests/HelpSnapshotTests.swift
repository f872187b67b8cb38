import Foundation
import Testing

/// Help texts are read by people before they are changed: each must equal the reviewed text in
/// `Help/`. Run the tests with `VAMEN_RECORD_HELP=1` to write them anew, then read the difference.
@Suite struct HelpSnapshotTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Help")

  @Test(arguments: [
    "vamen", "demo", "devices", "prepare", "inspect", "train", "sample", "reconstruct",
    "interpolate", "spectrogram", "resynthesize", "selftest", "kernels", "benchmark", "tune",
    "explore", "evaluate",
  ])
  func helpIsTheReviewedText(_ command: String) throws {
    let arguments = command == "vamen" ? ["--help"] : [command, "--help"]
    let runner = try CommandRunner()
    let outcome = try CommandRunner.run(
      CommandRunner.program, arguments, environment: ["COLUMNS": "80"], in: runner.folder)
    #expect(outcome.status == 0)
    let file = Self.folder.appending(path: "\(command).txt")
    if ProcessInfo.processInfo.environment["VAMEN_RECORD_HELP"] == "1" {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(outcome.output.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == outcome.output)
  }
}
