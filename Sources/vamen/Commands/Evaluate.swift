import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import Tensors

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures what a model is worth: its evaluation card.",
    discussion: """
      Drawn loops are compared with training pictures of the data set, beside what held-out real \
      loops, their round trip through the picture without a model, and copies of training items \
      score. Docs/Evaluation.md says what each number means. Given a run folder, the card is also \
      written there (evaluation.json, evaluation.html, nearest/) and into the run's page; --out \
      writes it elsewhere.
      """)

  @Argument(help: "A model file, or a run folder (its last checkpoint).", completion: .model)
  var model: String

  @Argument(
    help: "The data set it was trained on, made by `vamen prepare`.", completion: .dataset)
  var data: String

  @Option(help: "Loops to draw, and at most so many real ones to compare with.")
  var count = 256

  @Option(help: "Iterations of phase retrieval.")
  var iterations = 32

  @Option(
    name: .shortAndLong,
    help: "Folder for the card and the drawn loops nearest to training items. (default: the run)",
    completion: .directory)
  var out: String?

  @Option(help: "Seed of the drawn loops.")
  var seed: UInt64 = 7

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (4...65_536).contains(count) else {
      throw ValidationError("--count \(count): 4 to 65536 are possible.")
    }
    guard (0...10_000).contains(iterations) else {
      throw ValidationError("--iterations \(iterations): 0 to 10000 are possible.")
    }
  }

  func run() throws {
    let path = modelPath(model)
    let evaluation = try Evaluation(
      model: path, data: BreakbeatDataset(contentsOf: data), count: count, seed: seed,
      iterations: iterations)
    let choice = try device.choose()
    // A run folder gets its card; with --out, that folder does. Made first: what takes minutes is not
    // to end at a folder that cannot be written to.
    let folder = out ?? (path == model ? nil : model)
    if let folder { for path in [folder, folder + "/nearest"] { try makeFolder(path) } }
    let start = ContinuousClock.now
    var lastShown = start
    let card = try evaluation.run(
      on: choice,
      progress: { what, part in
        let pause: Duration = Terminal.isInteractive ? .milliseconds(200) : .seconds(10)
        guard part == 1 || ContinuousClock.now - lastShown >= pause else { return }
        lastShown = .now
        Terminal.progress("\(what)  \(Int(100 * part))%", isLast: part == 1)
      }, hearing: { ForeignOutput.silenced($0) })
    // The card first: where files cannot be written after all, it is not lost.
    if output.json {
      try Terminal.printJSON(card)
    } else {
      print(printableLines(card.text))
    }
    StandardOutput.flush()
    if let folder {
      try evaluation.write(card, to: folder, on: choice)
      if out == nil { try card.insert(intoPage: folder + "/index.html") }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Terminal.note(
      "Evaluated in \(seconds.rounded(places: 1)) s"
        + (folder.map { "; card and nearest pairs: \(printable($0))/evaluation.html" } ?? ""))
  }
}
