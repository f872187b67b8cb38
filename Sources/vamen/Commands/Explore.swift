import ArgumentParser
import BreakbeatExplorer
import BreakbeatTraining
import Breakbeats
import Foundation
import SpectralAudio

struct Explore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Opens a local page to play with a model: a map, sliders, a pad, A/B morphing.",
    discussion: """
      The page is served to this machine only. Loops go on playing while you wander; the next bar \
      picks up the new one. Ctrl-C ends it.
      """)

  @Argument(help: "A model file, or a run folder (its last checkpoint).", completion: .model)
  var model: String

  @Option(help: "A data set whose items the map shows. (default: none)", completion: .dataset)
  var data: String?

  @Option(help: "Items of the data set on the map, at most.")
  var items = 1000

  @Option(help: "Port of 127.0.0.1; 0 for a free one.")
  var port: UInt16 = 8765

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (0...20_000).contains(items) else {
      throw ValidationError("--items \(items): 0 to 20000 are possible.")
    }
  }

  func run() async throws {
    // A browser that goes away while it is answered is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    let path = modelPath(model)
    let generator = try BreakbeatGenerator(ModelFile(contentsOf: path), choice: device.choose())
    let set = try data.map { path in try BreakbeatDataset(contentsOf: path) }
    try set?.check(picturesOf: generator.configuration.spectrogram)
    let space = LatentSpace(
      generator.latents, directions: directions(of: generator),
      items: try await mapItems(of: set, generator))
    let isJSON = output.json
    let explorer = Explorer(
      generator, name: shownName, space: space, modelDigest: try digestOfFile(path),
      dataDigest: set?.digest)
    try await explorer.run(port: port) { address in
      let json = ["address": address, "device": generator.device]
      print(
        isJSON
          ? (try? Terminal.json(json)) ?? ""
          : "Open \(address) in a browser; Ctrl-C ends.\n\(generator.device)")
      // At once: whoever started this waits for the address.
      StandardOutput.flush()
      if StandardOutput.loss != nil { Terminal.end(1) }
    }
  }

  /// The name of the run that a checkpoint belongs to, or of the file.
  private var shownName: String {
    let file = URL(filePath: modelPath(model)).standardizedFileURL
    let folder = file.deletingLastPathComponent()
    return folder.lastPathComponent == "checkpoints"
      ? folder.deletingLastPathComponent().lastPathComponent
      : file.deletingPathExtension().lastPathComponent
  }

  /// The widest directions that the model file describes, named by what each changes most; `nil`
  /// for files of earlier versions.
  private func directions(of generator: BreakbeatGenerator) -> [LatentSpace.Direction]? {
    guard let description = generator.latentDescription, !description.directions.isEmpty else {
      return nil
    }
    return description.directions.prefix(8).enumerated().map { index, direction in
      let change = direction.changes[direction.strongest]
      let name = description.descriptor(of: direction).name
      return LatentSpace.Direction(
        name: "\(index + 1) \(change < 0 ? "less" : "more") \(name)", vector: direction.vector,
        spread: direction.spread)
    }
  }

  /// Training items spread evenly over the data set, with their latents.
  private func mapItems(
    of set: BreakbeatDataset?, _ generator: BreakbeatGenerator
  ) async throws -> [LatentSpace.Item] {
    guard let set else { return [] }
    let indices = set.trainingIndices
    let count = min(items, indices.count)
    let chosen = (0..<count).map { indices[$0 * indices.count / count] }
    let pictures = try chosen.map {
      try SpectrogramImage(
        bands: set.settings.bands, frames: set.settings.frames, levels: set.readPixels(of: $0))
    }
    let latents = try await generator.encode(pictures)
    return zip(chosen, latents).map { number, latents in
      LatentSpace.Item(latents: latents, name: "item \(number)", number: number)
    }
  }
}
