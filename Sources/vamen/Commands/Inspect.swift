import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio
import Tensors

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells what a data set, model, checkpoint or run folder holds.",
    discussion: """
      Of a data set, --export writes items as PNG, WAV, WAV resynthesized from the picture, and the \
      randomizer's decisions as text; --page writes a page with players for sources and items. \
      Both need the sources where they were.
      """)

  @Argument(
    help: "A file or run folder.", completion: .file(extensions: ["vamen", "safetensors"]))
  var file: String

  @Option(help: "Item of the data set to show or export. (default: the first eight)")
  var index: Int?

  @Option(
    name: [.customShort("o"), .customLong("export"), .customLong("out")],
    help: "Folder to export items to.", completion: .directory)
  var export: String?

  @Option(help: "Folder to write a listening page to.", completion: .directory)
  var page: String?

  @Option(
    help: ArgumentHelp(
      "Write what a model makes of random pictures and latents to a safetensors file.",
      discussion: "For comparing with PyTorch: Docs/pytorch_interchange.py."),
    completion: .file(extensions: ["safetensors"]))
  var numbers: String?

  @Flag(help: "Compare every picture of a data set with its checksum.")
  var verify = false

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func run() throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
      throw TrainingDataError(
        .missing, "\(file): no such file or folder", remedy: "check the path")
    }
    let inspection: Inspection
    let isDataset = !isFolder.boolValue && BreakbeatDataset.isDataset(file)
    guard isDataset || (export == nil && page == nil && index == nil && !verify) else {
      throw TrainingDataError(
        .invalidSettings, "\(file) is no data set: it has no items",
        remedy: "give a file made by vamen prepare")
    }
    if let numbers {
      try ModelNumbers.write(
        ofModel: modelPath(file), to: numbers, on: device.choose().backend)
      Terminal.note("Wrote \(printable(numbers))")
    }
    if isFolder.boolValue {
      inspection = try inspectRun()
    } else if isDataset {
      let data = try BreakbeatDataset(contentsOf: file)
      inspection = try inspect(data)
      let items = index.map { [$0] } ?? Array(0..<min(8, data.count))
      if let export { try write(items, of: data, to: export) }
      if let page { try writePage(items, of: data, to: page) }
    } else {
      inspection = try inspectTensorFile()
    }
    if output.json {
      try Terminal.printJSON(inspection.object)
    } else {
      let width = inspection.facts.map(\.name.count).max() ?? 0
      for (name, value) in inspection.facts {
        let space = String(repeating: " ", count: width - name.count)
        print(printable(name) + space + "  " + printable(value))
      }
    }
  }

  private func inspect(_ data: BreakbeatDataset) throws -> Inspection {
    let settings = data.settings
    var facts: [(name: String, value: String)] = [
      ("kind", "data set"), ("items", "\(data.count)"),
      ("held out", "\(data.heldOutIndices.count)"),
      ("picture", "\(settings.bands) x \(settings.frames), hop \(settings.hop)"),
      ("loop", "\(counted(bars: settings.bars)), \(settings.loopDuration.rounded(places: 3)) s"),
      ("tempo", "\(settings.beatsPerMinute.rounded(places: 2)) bpm"),
      ("sample rate", "\(settings.sampleRate.rounded(places: 0)) Hz"),
      ("reference level", "\(settings.referenceLevel.rounded(places: 2)) dB"),
      ("cut", data.fitting.slice.rawValue), ("fit", data.fitting.fit.rawValue),
      ("held out by", data.heldOut.unit.rawValue), ("seed", "\(data.seed)"),
      ("digest", data.digest),
    ]
    if verify {
      let damaged = data.damagedItems()
      guard damaged.isEmpty else {
        let verb = damaged.count == 1 ? "is" : "are"
        throw TrainingDataError(
          .damagedDataset,
          "\(data.path): \(counted(damaged.count, "picture")) \(verb) damaged, "
            + "the first is item \(damaged[0])",
          remedy: "make it again with vamen prepare")
      }
      facts.append(("pictures", "all as they were written"))
    }
    for source in data.sources {
      facts.append(
        (
          "source \(source.name)",
          "\(source.path ?? "synthetic drummer"), \(source.tempo.description)"
        ))
    }
    if let index {
      try check(index, of: data)
      facts.append(("item \(index)", data.recipeText(of: index)))
    }
    return Inspection(
      facts: facts, object: DatasetLine(data, isVerified: verify, item: index))
  }

  private func check(_ index: Int, of data: BreakbeatDataset) throws {
    guard (0..<data.count).contains(index) else {
      throw TrainingDataError(
        .invalidSettings, "\(data.path) has no item \(index)",
        remedy: "choose 0 to \(data.count - 1)")
    }
  }

  private func inspectTensorFile() throws -> Inspection {
    let reader = try SafetensorsFile(contentsOf: file)
    let isModel = reader.metadata["vamen.configuration"] != nil
    let model = isModel ? try ModelFile(contentsOf: file) : nil
    let line = TensorFileLine(reader, model: model)
    var facts: [(name: String, value: String)] = [
      ("kind", line.kind + (line.format.map { ", format \($0)" } ?? ", not made by vamen")),
      ("tensors", "\(line.tensors.count)"), ("numbers", "\(line.numbers)"),
    ]
    let description = model?.latentDescription
    for (key, value) in reader.metadata.sorted(by: { $0.key < $1.key })
    where key != "vamen.format" && (description == nil || key != "vamen.directions") {
      facts.append((key, value))
    }
    for (index, direction) in (description?.directions ?? []).enumerated() {
      facts.append(("direction \(index + 1)", description?.summary(of: direction) ?? ""))
    }
    for tensor in line.tensors { facts.append((tensor.name, "\(tensor.shape)")) }
    return Inspection(facts: facts, object: line)
  }

  private func inspectRun() throws -> Inspection {
    let record = try RunFolder.record(of: file)
    let settings = record.settings
    var facts: [(name: String, value: String)] = [
      ("kind", "run"), ("steps planned", "\(settings.steps)"),
      ("batch size", "\(settings.batchSize)"), ("learning rate", "\(settings.learningRate)"),
      ("seed", "\(settings.seed)"), ("precision", record.precision), ("data", record.data),
      ("parameters", "\(settings.model.parameterCount)"),
    ]
    let last = TrainingReport.history(ofRun: file).last
    if let last { facts.append(("last", "\(last)")) }
    return Inspection(facts: facts, object: RunLine(record, last: last))
  }

  private func write(_ items: [Int], of data: BreakbeatDataset, to folder: String) throws {
    for index in items { try check(index, of: data) }
    let target = try OutputFolder(folder)
    let settings = data.settings
    // The data set's sources are read again.
    let randomizer = try ForeignOutput.silenced { try data.randomizer() }
    let trip = try RoundTrip(settings, on: device.choose().backend)
    for index in items {
      let image = try SpectrogramImage(
        bands: settings.bands, frames: settings.frames, levels: data.readPixels(of: index))
      let stem = target.path("item-\(index)")
      try SpectrogramFigure(image, settings: settings).drawn().writePNG(to: stem + ".png")
      let loop = try ForeignOutput.silenced { try randomizer.loop(at: index) }
      try WaveFile.write(loop, to: stem + ".wav", bars: settings.bars)
      let text = data.recipeText(of: index)
      try AtomicFile.write("\(text)\n".utf8, to: stem + ".txt")
      let result = try trip.run(image, original: loop)
      try WaveFile.write(result.loop, to: stem + "-resynthesized.wav", bars: settings.bars)
      Terminal.note("Item \(index): \(printable(text))")
      Terminal.note(
        "Wrote \(printable(stem)).png, .wav, .txt and -resynthesized.wav, spectral convergence "
          + "\(result.endConvergence.rounded(places: 2)) dB")
    }
  }

  private func writePage(_ items: [Int], of data: BreakbeatDataset, to folder: String) throws {
    for index in items { try check(index, of: data) }
    let path = try OutputFolder(folder).path("index.html")
    let choice = try device.choose()
    let page = try ForeignOutput.silenced { try ListeningPage(of: data, items: items, on: choice) }
    try page.write(to: path)
    Terminal.note("Listen: \(printable(path))")
  }
}
