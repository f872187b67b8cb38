import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct Sample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws new loops from a model: WAV files and a grid of spectrograms.",
    discussion: "The loop of a seed and index is the same whatever the count, and on every device.")

  @Argument(help: "A model file, or a run folder (its last checkpoint).", completion: .model)
  var model: String

  @Option(name: .shortAndLong, help: "The folder to write to.", completion: .directory)
  var out: String

  @Option(help: "Loops to draw.")
  var count = 16

  @Option(help: "What the names of the loops begin with.")
  var name = "amen"

  @Option(help: "Columns x rows of the grid picture.")
  var grid = GridSize(columns: 4, rows: 4)

  @Option(help: "Spread of the latents: 1 as trained, less for safer loops.")
  var temperature = 1.0

  @Option(help: "Latents beyond this many standard deviations are drawn again. (default: none)")
  var truncation: Double?

  @Option(
    help: ArgumentHelp(
      "Move along a principal direction: NUMBER=STEPS in standard deviations, such as 1=+2.",
      discussion: "May be given several times. `vamen inspect MODEL` says what each changes."))
  var direction: [LatentMove] = []

  @OptionGroup var synthesis: SynthesisOptions
  @OptionGroup var files: LoopFileOptions
  @OptionGroup var device: DeviceOption
  @OptionGroup var seed: SeedOption
  @OptionGroup var output: JSONOption

  private struct Line: Encodable {
    var loop: String
    var seed: UInt64
    var index: Int
    var temperature: Double
    var truncation: JSONNumber
    var directions: [Move]
    var beatsPerMinute: Double
    var bars: Double
  }

  private struct Move: Encodable {
    var direction: Int
    var amount: Double
  }

  func validate() throws {
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count \(count): 1 to 10000 loops are possible.")
    }
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else {
      throw ValidationError(
        "--name \(name): the beginning of a file's name is needed, without a slash.")
    }
    guard (0...10).contains(temperature) else {
      throw ValidationError("--temperature \(temperature): 0 to 10 are possible.")
    }
    if let truncation, !(0.1...100).contains(truncation) {
      throw ValidationError("--truncation \(truncation): 0.1 to 100 are possible.")
    }
  }

  func run() async throws {
    let path = modelPath(model)
    let file = try ModelFile(contentsOf: path)
    let seed = seed.choose()
    let generator = try BreakbeatGenerator(file, choice: device.choose())
    // What cannot be drawn leaves no folder.
    _ = try latents(of: 0..<1, seed: seed, from: generator)
    _ = try generator.beatsPerMinute(nearestTo: synthesis.bpm)
    let target = try OutputFolder(out)
    var shown: [IndexedImage] = []
    var labels: [String] = []
    var seconds = 0.0
    for range in parts.ranges {
      let start = ContinuousClock.now
      let loops = try await draw(range, seed: seed, from: generator)
      seconds += (ContinuousClock.now - start) / .seconds(1)
      for (index, loop) in zip(range, loops) {
        let label = try write(loop.sound, seed: seed, index: index, of: generator, to: target)
        guard shown.count < grid.columns * grid.rows else { continue }
        shown.append(loop.picture.shades())
        labels.append(label)
      }
      StandardOutput.flush()
    }
    let gridPath = target.path("grid.png")
    try IndexedImage.grid(
      of: shown, columns: grid.columns, labels: labels,
      caption: "seed \(seed), temperature \(temperature.rounded(places: 2))"
    ).writePNG(to: gridPath)
    if output.json {
      try Terminal.printJSON(["grid": gridPath])
    } else {
      print(printable(gridPath))
    }
    Terminal.note(
      "\(counted(count, "loop")) in \(seconds.rounded(places: 2)) s, seed \(seed), "
        + "temperature \(temperature), \(counted(synthesis.iterations, "iteration"))")
  }

  private var parts: Parts { Parts(count: count, size: 64) }

  private func latents(
    of range: Range<Int>, seed: UInt64, from generator: BreakbeatGenerator
  ) throws -> [[Float]] {
    try generator.sampledLatents(
      count: range.count, seed: seed, firstIndex: range.lowerBound, temperature: temperature,
      truncation: truncation, moving: direction)
  }

  /// Draws some of the loops.
  private func draw(
    _ range: Range<Int>, seed: UInt64, from generator: BreakbeatGenerator
  ) async throws -> [DrawnLoop] {
    try await generator.draw(
      latents(of: range, seed: seed, from: generator), bpm: synthesis.bpm,
      iterations: synthesis.iterations, progress: parts.progress(of: range, "Drawing"))
  }

  /// Writes a loop, tells where, and returns its label in the grid.
  private func write(
    _ loop: Waveform, seed: UInt64, index: Int, of generator: BreakbeatGenerator,
    to target: OutputFolder
  ) throws -> String {
    let bars = generator.configuration.spectrogram.bars
    var fileName = LoopFileName(stem: name, seed: seed, index: index, beatsPerMinute: 0, bars: bars)
    let written = try files.write(loop, bars: bars) { beatsPerMinute in
      fileName.beatsPerMinute = beatsPerMinute
      return target.path(fileName.withoutExtension)
    }
    if output.json {
      try Terminal.printJSON(
        Line(
          loop: written.path, seed: seed, index: index, temperature: temperature,
          truncation: JSONNumber(truncation),
          directions: direction.map { Move(direction: $0.direction, amount: $0.amount) },
          beatsPerMinute: written.beatsPerMinute, bars: bars))
    } else {
      print(printable(written.path))
    }
    return fileName.paddedIndex
  }
}

/// A model file as it is, or the last checkpoint of a run folder.
func modelPath(_ path: String) -> String {
  var isFolder: ObjCBool = false
  let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
  return exists && isFolder.boolValue ? path + "/checkpoints/last.safetensors" : path
}

/// Columns and rows, written `4x4`.
struct GridSize: ExpressibleByArgument, CustomStringConvertible {
  var columns: Int
  var rows: Int

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy((1...64).contains) else { return nil }
    self.init(columns: parts[0], rows: parts[1])
  }

  var description: String { "\(columns)x\(rows)" }
}
