import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells what a data set, model, checkpoint or run folder holds.",
    discussion: "With --index, writes an item of a data set as PNG, WAV and resynthesized WAV.")

  @Argument(help: "A file or run folder.")
  var file: String

  @Option(help: "Item of the data set to show or export.")
  var index: Int?

  @Option(name: .shortAndLong, help: "Folder to export the item to.")
  var out: String?

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if out != nil && index == nil { throw ValidationError("--out needs --index.") }
  }

  func run() throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
      throw TrainingDataError(
        .missing, "\(file): no such file or folder", remedy: "check the path")
    }
    let facts: [(String, String)]
    if isFolder.boolValue {
      facts = try runFacts()
    } else if BreakbeatDataset.isDataset(file) {
      let data = try BreakbeatDataset(contentsOf: file)
      facts = try datasetFacts(data)
      if let index, let out { try export(data, index: index, to: out) }
    } else {
      facts = try tensorFileFacts()
    }
    if output.json {
      try Terminal.printJSON(
        Dictionary(facts, uniquingKeysWith: { first, _ in first }))
    } else {
      let width = facts.map(\.0.count).max() ?? 0
      for (name, value) in facts {
        print(name + String(repeating: " ", count: width - name.count) + "  " + value)
      }
    }
  }

  private func datasetFacts(_ data: BreakbeatDataset) throws -> [(String, String)] {
    let settings = data.settings
    var facts = [
      ("kind", "data set"), ("items", "\(data.count)"),
      ("held out", "\(data.heldOutIndices.count)"),
      ("picture", "\(settings.bands) x \(settings.frames), hop \(settings.hop)"),
      ("loop", "\(settings.bars) bars, \(settings.loopDuration.rounded(places: 3)) s"),
      ("tempo", "\(settings.beatsPerMinute.rounded(places: 2)) bpm"),
      ("sample rate", "\(settings.sampleRate.rounded(places: 0)) Hz"),
      ("reference level", "\(settings.referenceLevel.rounded(places: 2)) dB"),
      ("seed", "\(data.seed)"), ("digest", data.digest),
    ]
    for source in data.sources {
      facts.append(("source \(source.name)", source.path ?? "built in"))
    }
    if let index {
      try check(index, of: data)
      facts.append(("item \(index)", data.recipeText(of: index)))
    }
    return facts
  }

  private func check(_ index: Int, of data: BreakbeatDataset) throws {
    guard (0..<data.count).contains(index) else {
      throw TrainingDataError(
        .invalidSettings, "\(data.path) has no item \(index)",
        remedy: "choose 0 to \(data.count - 1)")
    }
  }

  private func tensorFileFacts() throws -> [(String, String)] {
    let reader = try SafetensorsFile(contentsOf: file)
    let shapes = reader.names.map { (name: $0, shape: reader.dimensions(of: $0) ?? []) }
    let count = shapes.reduce(0) { $0 + $1.shape.reduce(1, *) }
    var facts = [
      ("kind", reader.metadata["vamen.format"] ?? "safetensors, not made by vamen"),
      ("tensors", "\(shapes.count)"), ("numbers", "\(count)"),
    ]
    for (key, value) in reader.metadata.sorted(by: { $0.key < $1.key }) where key != "vamen.format"
    {
      facts.append((key, value))
    }
    return facts + shapes.map { ($0.name, "\($0.shape)") }
  }

  private func runFacts() throws -> [(String, String)] {
    let record = try RunFolder.record(of: file)
    let settings = record.settings
    var facts = [
      ("kind", "run"), ("steps planned", "\(settings.steps)"),
      ("batch size", "\(settings.batchSize)"), ("learning rate", "\(settings.learningRate)"),
      ("seed", "\(settings.seed)"), ("precision", record.precision), ("data", record.data),
      ("parameters", "\(settings.model.parameterCount)"),
    ]
    if let last = TrainingReport.history(ofRun: file).last { facts.append(("last", "\(last)")) }
    return facts
  }

  private func export(_ data: BreakbeatDataset, index: Int, to folder: String) throws {
    try check(index, of: data)
    let target = try OutputFolder(folder)
    let settings = data.settings
    let image = SpectrogramImage(
      bands: settings.bands, frames: settings.frames, levels: data.pixels(of: index))
    let stem = target.path("item-\(index)")
    try SpectrogramFigure(image, settings: settings).drawn().writePNG(to: stem + ".png")
    let loop = try data.randomizer().loop(at: index)
    try WaveFile.write(loop, to: stem + ".wav", bars: settings.bars)
    let trip = try RoundTrip(
      settings, method: .accelerated(iterations: 64), seed: 0, on: device.choose().backend)
    let result = try trip.run(image, original: loop)
    try WaveFile.write(result.loop, to: stem + "-resynthesized.wav", bars: settings.bars)
    Terminal.note(
      "Wrote \(stem).png, .wav and -resynthesized.wav, spectral convergence "
        + "\(result.endConvergence.rounded(places: 2)) dB")
  }
}
