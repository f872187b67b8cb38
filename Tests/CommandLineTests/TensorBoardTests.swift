import Foundation
import ProgramRunner
import Testing

/// Event files read by the real TensorBoard; `Tests/tensorboard.sh` makes a Python that has it.
@Suite struct TensorBoardTests {
  private static let python = ProcessInfo.processInfo.environment["VAMEN_TEST_TENSORBOARD"]

  private struct Events: Decodable {
    var scalars: [String: [[Double]]]
    var images: [String: [[Int]]]
    var audio: [String: [[Double]]]
  }

  private func read(_ folder: TrainingFolder) throws -> Events {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "read_events.py").path
    let outcome = try ProgramOutcome.of(
      URL(filePath: Self.python ?? ""), [script, folder.runner.path("run")],
      in: folder.runner.folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Events.self, from: Data(outcome.output.utf8))
  }

  @Test(.enabled(if: python != nil, "VAMEN_TEST_TENSORBOARD names no Python with tensorboard"))
  func whatIsWrittenIsRead() throws {
    let folder = try TrainingFolder()
    // Killed after its first checkpoint, then resumed twice: steps past a checkpoint are written
    // anew and must not be seen twice.
    let running = try folder.start()
    running.send(SIGKILL)
    try running.wait()
    let killed = try #require(folder.steps.last)
    let end = (killed / 4 + 2) * 4
    let more = ["--preview-every", "4", "--resume"]
    try #require(folder.train(steps: end, more[0], more[1], more[2]).status == 0)
    try #require(folder.train(steps: end + 4, more[0], more[1], more[2]).status == 0)

    let events = try read(folder)
    let loss = try #require(events.scalars["training/loss"])
    #expect(loss.map { Int($0[0]) } == Array(1...end + 4))
    // The same numbers as in the metrics, to single precision.
    let rows = folder.text("run/metrics.csv").split(separator: "\n").dropFirst()
    for (event, row) in zip(loss, rows) {
      let value = try #require(Double(row.split(separator: ",")[1]))
      #expect(abs(event[1] - value) < 1e-6 * max(1, abs(value)))
    }
    for tag in ["training/kl", "training/gradient_norm", "schedule/learning_rate"] {
      #expect(events.scalars[tag]?.count == end + 4, "\(tag)")
    }
    #expect(events.scalars["held_out/loss"]?.count == (end + 4) / 4)

    let grids = try #require(events.images["samples"])
    let first = try #require(grids.first?[0])
    #expect(first <= end - 4)
    #expect(grids.map { $0[0] } == Array(stride(from: first, through: end + 4, by: 4)))
    // Two rows of four pictures of 64 x 64 with margins of 4.
    #expect(grids.allSatisfy { $0[1...] == [276, 140, 1] }, "\(grids)")
    #expect(events.images["clips"]?.count == grids.count)
    let sounds = try #require(events.audio["samples/0"])
    #expect(sounds.allSatisfy { $0[1...] == [10_000, 8192, 8192] }, "\(sounds)")
    #expect(events.audio["clips/0/reconstructed"]?.count == grids.count)
  }
}
