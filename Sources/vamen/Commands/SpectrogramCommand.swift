import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct SpectrogramCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spectrogram",
    abstract: "Draws the picture of a sound that the model sees, with axes and colour bar.",
    discussion: """
      The sound is fitted to the grid as `vamen prepare` does it and cut or repeated to the loop's \
      length. Levels are relative to the data set's reference with --dataset, otherwise to the \
      sound's own strongest band.
      """)

  @OptionGroup var source: GridLoopOptions

  @Option(
    name: .shortAndLong, help: "The PNG file to write.", completion: .file(extensions: ["png"]))
  var out: String

  @Option(
    help: "Also write the picture's numbers, [bands, frames], as safetensors.",
    completion: .file(extensions: ["safetensors"]))
  var data: String?

  @OptionGroup var output: JSONOption

  /// What is printed.
  private struct Line: Encodable {
    var picture: String
    var data: String?
    var settings: SpectrogramSettings
    var beatsPerMinute: Double
  }

  func validate() throws {
    guard let data, Self.resolved(data) == Self.resolved(out) else { return }
    throw ValidationError(
      "--data \(printable(data)): the picture of --out is to be there; another name is needed.")
  }

  /// A path without detours. The last name stays: a link there is replaced by the file.
  private static func resolved(_ path: String) -> String {
    let file = URL(filePath: path).standardizedFileURL
    return file.deletingLastPathComponent().resolvingSymlinksInPath()
      .appending(path: file.lastPathComponent).path
  }

  func run() throws {
    let (loop, settings) = try source.load()
    let image = try SpectrogramImage(of: loop, settings: settings)
    try SpectrogramFigure(image, settings: settings).drawn().writePNG(to: out)
    if let data { try image.writeSafetensors(to: data, settings: settings) }
    guard !output.json else {
      return try Terminal.printJSON(
        Line(
          picture: out, data: data, settings: settings, beatsPerMinute: settings.beatsPerMinute))
    }
    print(
      "\(printable(out)): \(settings.bands) x \(settings.frames), "
        + "\(counted(bars: settings.bars)) at \(settings.beatsPerMinute.rounded(places: 2)) bpm, "
        + "reference \(settings.referenceLevel.rounded(places: 2)) dB")
  }
}

/// A sound, and which picture to make of it.
struct GridLoopOptions: ParsableArguments {
  @Argument(help: "An audio file.", completion: .file())
  var audio: String

  @Option(help: "The preset whose picture to make.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(
    help: "Take the picture's settings and reference level from a data set.", completion: .dataset)
  var dataset: String?

  @Option(help: "Bars of the loop. (default: the preset's)")
  var bars: Double?

  @Option(help: "Bars of the file. (default: from its name or length)")
  var barsInSource: Double?

  @Option(help: "Tempo of the file. (default: from its name or length)")
  var sourceBpm: Double?

  func validate() throws { try checkBars(bars) }

  /// The sound on the grid, and the settings of its picture.
  func load() throws -> (loop: Waveform, settings: SpectrogramSettings) {
    let source = try ForeignOutput.silenced {
      try BreakSource(contentsOf: audio, bars: barsInSource, beatsPerMinute: sourceBpm)
    }
    Terminal.note("Source \(printable(audio)): \(source.tempo.description)")
    if let dataset {
      let settings = try BreakbeatDataset(contentsOf: dataset).settings
      return (try source.gridLoop(settings), settings)
    }
    let configuration = preset.configuration
    let settings = preset.configuration(bars: bars ?? configuration.spectrogram.bars).spectrogram
    try settings.validate()
    let loop = try source.gridLoop(settings)
    return (loop, try settings.withReferenceLevel(of: loop))
  }
}
