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

  /// What the grid shows of a source.
  private struct Shown {
    var label: String
    var picture: IndexedImage
    var reconstruction: IndexedImage
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
    for found in collection.breaks {
      Terminal.note("Source \(printable(found.path ?? found.name)): \(found.tempo.description)")
    }
    var namer = Namer()
    var shown: [Shown] = []
    let parts = Parts(count: collection.breaks.count, size: 16)
    for range in parts.ranges {
      let sources = collection.breaks[range]
      // Of many sources, those beyond what fits in memory are read again.
      let loops = try ForeignOutput.silenced { try sources.map { try $0.gridLoop(settings) } }
      let results = try await generator.reconstructions(
        of: loops, bpm: synthesis.bpm, iterations: synthesis.iterations,
        progress: parts.progress(of: range, "Reconstructing"))
      for (found, result) in zip(sources, results) {
        let (name, stem) = namer.names(for: found)
        let line = try write(result, of: found, as: name, stem: stem, settings, to: target)
        try show(line)
        shown.append(
          Shown(
            label: name, picture: result.picture.shades(),
            reconstruction: result.reconstruction.picture.shades()))
      }
      StandardOutput.flush()
    }
    try writeGrid(shown, to: target.path("reconstruction.png"))
  }

  /// Writes the three sounds of a source and says what became of it.
  private func write(
    _ result: Reconstruction, of found: BreakSource, as name: String, stem: String,
    _ settings: SpectrogramSettings, to target: OutputFolder
  ) throws -> Line {
    let written = { (sound: Waveform, kind: String) in
      try files.write(sound, bars: settings.bars) { beatsPerMinute in
        let tempo = LoopFileName.tempo(beatsPerMinute: beatsPerMinute, bars: settings.bars)
        return target.path("\(stem)-\(kind)-\(tempo)")
      }
    }
    let original = try written(result.original ?? result.roundTrip, "original")
    let roundTrip = try written(result.roundTrip, "roundtrip")
    let model = try written(result.reconstruction.sound, "model")
    return Line(
      name: name, source: found.path, original: original.path, roundTrip: roundTrip.path,
      model: model.path, bars: settings.bars, originalBeatsPerMinute: original.beatsPerMinute,
      beatsPerMinute: model.beatsPerMinute,
      comparison: try ReconstructionComparison(result, settings: settings),
      latents: result.reconstruction.latents)
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
  private func writeGrid(_ shown: [Shown], to path: String) throws {
    let columns = min(shown.count, 4)
    var images: [IndexedImage] = []
    var names: [String] = []
    for start in stride(from: 0, to: shown.count, by: columns) {
      let row = shown[start..<min(start + columns, shown.count)]
      let blanks = columns - row.count
      let blank = [IndexedImage](
        repeating: IndexedImage(
          width: shown[0].picture.width, height: shown[0].picture.height, shade: 255),
        count: blanks)
      let empty = [String](repeating: "", count: blanks)
      images += row.map(\.picture) + blank
      names += row.map(\.label) + empty
      images += row.map(\.reconstruction) + blank
      names += row.map { _ in "model" } + empty
    }
    try IndexedImage.grid(of: images, columns: columns, labels: names).writePNG(to: path)
    if output.json {
      try Terminal.printJSON(["grid": path])
    } else {
      print(printable(path))
    }
  }
}

/// Names of sources and of their files, no two alike.
private struct Namer {
  private var ofSources = UniqueNames()
  private var ofFiles = UniqueNames()

  mutating func names(for found: BreakSource) -> (name: String, stem: String) {
    (ofSources.name(for: found.name), ofFiles.name(for: LoopNameHints.removed(from: found.name)))
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
