import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The whole story on this machine: from a break to loops that never existed.",
    discussion: """
      Finds the amen break of Debian's sonic-pi-samples or plays the built-in synthetic drummer, \
      prepares a small data set, trains the demo preset for a few minutes and writes a page to \
      listen to.
      """)

  @Option(
    name: .shortAndLong, help: "The folder to write to; an older demo there is replaced.",
    completion: .directory)
  var out = "demo"

  @Option(help: "Minutes of training.")
  var minutes = 3.0

  @Option(help: "Randomized loops to train on.")
  var count = 400

  @Option(
    help: "A break of your own. (default: the amen break, otherwise the synthetic drummer)",
    completion: .file())
  var source: String?

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 7

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard minutes > 0, minutes <= 10_000 else {
      throw ValidationError("--minutes \(minutes): more than 0 and up to 10000 are possible.")
    }
    guard (32...100_000).contains(count) else {
      throw ValidationError("--count \(count): 32 to 100000 are possible.")
    }
  }

  func run() async throws {
    let choice = try device.choose()
    let demo = try ForeignOutput.silenced {
      try Demonstration(
        folder: out, minutes: minutes, count: count, seed: seed, source: source, choice: choice)
    }
    let interruption = Interruption()
    let json = output.json
    try await demo.run(shouldStop: { interruption.isRequested }) { event in
      switch event {
      case .text(let text):
        let line = printable(text)
        if json { Terminal.note(line) } else { print(line) }
      case .progress(let text, let isLast): Terminal.progress(text, isLast: isLast)
      }
    }
    if json { try Terminal.printJSON(Line(out)) }
  }

  /// What is printed at the end.
  private struct Line: Encodable {
    var page: String
    var grid: String
    var loops: String
    var model: String

    init(_ folder: String) {
      page = folder + "/index.html"
      grid = folder + "/grid.png"
      loops = folder + "/loops"
      model = folder + "/run/checkpoints/last.safetensors"
    }
  }
}
