import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct Reconstruct: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sounds through a model and back, beside the way back without the model.",
    discussion: """
      For each source three files: the loop as the model hears it (NAME-original-TEMPO), the sound of \
      its picture alone (NAME-roundtrip-..., the best that any model could give back), and the sound \
      of the picture that the model gives back (NAME-model-...). reconstruction.png shows the pictures above \
      what the model makes of them. Printed are, for both ways back, the spectral convergence (lower \
      is nearer) and the correlation of onset envelopes (1: the same rhythm).
      """)

  @Argument(help: "A model file, or a run folder (its last checkpoint).", completion: .model)
  var model: String

  @Argument(help: "Audio files, or folders of them.", completion: .file())
  var audio: [String]

  @Option(name: .shortAndLong, help: "The folder to write to.", completion: .directory)
  var out: String

  @OptionGroup var source: SourceTempoOptions
  @OptionGroup var synthesis: SynthesisOptions
  @OptionGroup var files: LoopFileOptions
  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  /// What is printed for each source.
  private struct Line: Encodable {
    var name: String
    var source: String?
    var original: String
    var roundTrip: String
    var model: String
    var bars: Double
    var originalBeatsPerMinute: Double
    /// Of both ways back.
    var beatsPerMinute: Double
    var comparison: ReconstructionComparison
    var latents: [Float]
  }

  func run() async throws {
    let file = try ModelFile(contentsOf: modelPath(model))
    let generator = try BreakbeatGenerator(file, choice: device.choose())
    // Before the sources are read and anything takes long: what is impossible is said at once.
    _ = try generator.beatsPerMinute(nearestTo: synthesis.bpm)
    let collection = try ForeignOutput.silenced {
      try BreakCollection(
        contentsOf: audio, bars: source.barsInSource, beatsPerMinute: source.sourceBpm,
        downbeat: source.downbeat)
    }
    for file in collection.skipped { Terminal.note("Skipped \(printable("\(file.reason)"))") }
    let target = try OutputFolder(out)
    let settings = generator.configuration.spectrogram
    var loops: [Waveform] = []
    for found in collection.breaks {
      Terminal.note("Source \(printable(found.name)): \(found.tempo.description)")
      // Of many sources, those beyond what fits in memory are read again.
      loops.append(try ForeignOutput.silenced { try found.gridLoop(settings) })
    }
    let results = try await generator.reconstructions(
      of: loops, bpm: synthesis.bpm, iterations: synthesis.iterations)

    var names = UniqueNames()
    var stems = UniqueNames()
    var labels: [String] = []
    for (found, result) in zip(collection.breaks, results) {
      let name = names.name(for: found.name)
      labels.append(name)
      let stem = stems.name(for: LoopNameHints.removed(from: found.name))
      let write = { (sound: Waveform, kind: String) in
        let tempo = LoopFileName.tempo(
          beatsPerMinute: 240 * settings.bars / sound.duration, bars: settings.bars)
        return try files.write(
          sound, bars: settings.bars, to: target.path("\(stem)-\(kind)-\(tempo)"))
      }
      let original = result.original ?? result.roundTrip
      let line = Line(
        name: name, source: found.path, original: try write(original, "original"),
        roundTrip: try write(result.roundTrip, "roundtrip"),
        model: try write(result.reconstruction.sound, "model"), bars: settings.bars,
        originalBeatsPerMinute: 240 * settings.bars / original.duration,
        beatsPerMinute: 240 * settings.bars / result.reconstruction.sound.duration,
        comparison: try ReconstructionComparison(result, settings: settings),
        latents: result.reconstruction.latents)
      try show(line)
    }
    try writeGrid(results, labels, to: target.path("reconstruction.png"))
  }

  private func show(_ line: Line) throws {
    guard !output.json else { return try Terminal.printJSON(line) }
    let text = { (way: ReconstructionComparison.Way) -> String in
      let convergence = way.spectralConvergence.map { "\($0.rounded(places: 2)) dB" }
      return "spectral convergence \(convergence ?? "none (silence)"), onset correlation "
        + "\(way.onsetCorrelation.rounded(places: 3))"
    }
    print(printable(line.original))
    print("\(printable(line.roundTrip)): \(text(line.comparison.roundTrip))")
    print(
      "\(printable(line.model)): \(text(line.comparison.model)), mean squared error of the picture "
        + line.comparison.squaredError.rounded(places: 4))
  }

  /// Pictures in the upper rows of pairs, what the model gives back below.
  private func writeGrid(
    _ results: [Reconstruction], _ labels: [String], to path: String
  ) throws {
    let columns = min(results.count, 4)
    var images: [IndexedImage] = []
    var names: [String] = []
    for start in stride(from: 0, to: results.count, by: columns) {
      let range = start..<min(start + columns, results.count)
      let blanks = columns - range.count
      let blank = [IndexedImage](
        repeating: IndexedImage(
          width: results[0].picture.frames, height: results[0].picture.bands, shade: 255),
        count: blanks)
      let empty = [String](repeating: "", count: blanks)
      images += results[range].map { $0.picture.shades() } + blank
      names += labels[range] + empty
      images += results[range].map { $0.reconstruction.picture.shades() } + blank
      names += range.map { _ in "model" } + empty
    }
    try IndexedImage.grid(of: images, columns: columns, labels: names).writePNG(to: path)
    if output.json {
      try Terminal.printJSON(["grid": path])
    } else {
      print(printable(path))
    }
  }
}

/// Tells equal names apart by a number.
private struct UniqueNames {
  private var taken: Set<String> = []

  mutating func name(for wanted: String) -> String {
    var name = wanted
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(wanted)-\(number)"
      number += 1
    }
    return name
  }
}
