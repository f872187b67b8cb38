import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct Interpolate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Loops on the way from one loop to another, through a model's latents.",
    discussion: """
      Both ends are audio files, which are encoded, or seeds: seed:7 is the first loop that \
      `vamen sample --seed 7` draws, seed:7:3 the one with index 3. Written are the loops, \
      all of them in one file (morph), and their pictures (grid.png).
      """)

  @Argument(help: "A model file, or a run folder (its last checkpoint).", completion: .model)
  var model: String

  @Option(help: "Where to begin: an audio file, seed:N or seed:N:INDEX.", completion: .file())
  var from: LatentPoint

  @Option(help: "Where to end: an audio file, seed:N or seed:N:INDEX.", completion: .file())
  var to: LatentPoint

  @Option(help: "Loops, both ends included.")
  var steps = 8

  @Flag(help: "Along an arc about the average loop, as far from it as the ends are.")
  var spherical = false

  @Option(name: .shortAndLong, help: "The folder to write to.", completion: .directory)
  var out: String

  @OptionGroup var source: SourceTempoOptions
  @OptionGroup var synthesis: SynthesisOptions
  @OptionGroup var files: LoopFileOptions
  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (2...10_000).contains(steps) else {
      throw ValidationError("--steps \(steps): 2 to 10000 are possible.")
    }
  }

  /// What is printed for each loop.
  private struct Line: Encodable {
    var loop: String
    var position: Double
    var from: LatentPoint
    var to: LatentPoint
    var isSpherical: Bool
    var beatsPerMinute: Double
    var bars: Double
    var latents: [Float]
  }

  /// What is printed for all of them in one file.
  private struct MorphLine: Encodable {
    var morph: String
    var from: LatentPoint
    var to: LatentPoint
    var isSpherical: Bool
    var beatsPerMinute: Double
    var bars: Double
  }

  func run() async throws {
    let file = try ModelFile(contentsOf: modelPath(model))
    let generator = try BreakbeatGenerator(file, choice: device.choose())
    let settings = generator.configuration.spectrogram
    // Before anything takes long; what cannot be drawn leaves no folder.
    _ = try generator.beatsPerMinute(nearestTo: synthesis.bpm)
    let start = try await from.latents(of: generator, source)
    let end = try await to.latents(of: generator, source)
    let way = try generator.latents.interpolation(
      from: start, to: end, steps: steps, spherical: spherical)
    let target = try OutputFolder(out)

    var whole = Waveform(samples: [], sampleRate: settings.sampleRate)
    var shades: [IndexedImage] = []
    var labels: [String] = []
    let parts = Parts(count: steps, size: 64)
    for range in parts.ranges {
      let drawn = try await generator.draw(
        Array(way[range]), bpm: synthesis.bpm, iterations: synthesis.iterations,
        progress: parts.progress(of: range, "Drawing"))
      for (index, loop) in zip(range, drawn) {
        labels.append(try write(loop, index: index, bars: settings.bars, to: target))
        shades.append(loop.picture.shades())
        whole.samples += loop.sound.samples
      }
      StandardOutput.flush()
    }
    try writeMorph(whole, bars: settings.bars * Double(steps), to: target)
    try writeGrid(of: shades, labels, to: target.path("grid.png"))
  }

  /// Writes a loop, tells where, and returns its label in the grid.
  private func write(
    _ loop: DrawnLoop, index: Int, bars: Double, to target: OutputFolder
  ) throws -> String {
    var name = LoopFileName(stem: "step", seed: nil, index: index, beatsPerMinute: 0, bars: bars)
    let written = try files.write(loop.sound, bars: bars) { beatsPerMinute in
      name.beatsPerMinute = beatsPerMinute
      return target.path(name.withoutExtension)
    }
    if output.json {
      try Terminal.printJSON(
        Line(
          loop: written.path, position: Double(index) / Double(steps - 1), from: from, to: to,
          isSpherical: spherical, beatsPerMinute: written.beatsPerMinute, bars: bars,
          latents: loop.latents))
    } else {
      print(printable(written.path))
    }
    return name.paddedIndex
  }

  /// Writes all loops as one and tells where.
  private func writeMorph(_ whole: Waveform, bars: Double, to target: OutputFolder) throws {
    let morph = try files.write(whole, bars: bars) { beatsPerMinute in
      target.path("morph-" + LoopFileName.tempo(beatsPerMinute: beatsPerMinute, bars: bars))
    }
    if output.json {
      try Terminal.printJSON(
        MorphLine(
          morph: morph.path, from: from, to: to, isSpherical: spherical,
          beatsPerMinute: morph.beatsPerMinute, bars: bars))
    } else {
      print(printable(morph.path))
    }
  }

  /// Writes the pictures and tells where.
  private func writeGrid(of shades: [IndexedImage], _ labels: [String], to path: String) throws {
    try IndexedImage.grid(
      of: shades, columns: min(steps, 4), labels: labels, caption: spherical ? "spherical" : ""
    ).writePNG(to: path)
    if output.json {
      try Terminal.printJSON(["grid": path])
    } else {
      print(printable(path))
    }
  }
}

/// An end of an interpolation: an audio file or a drawn loop.
enum LatentPoint: ExpressibleByArgument {
  case audio(String)
  case seed(UInt64, index: Int)

  init?(argument: String) {
    guard argument.hasPrefix("seed:") else {
      guard !argument.isEmpty else { return nil }
      self = .audio(argument)
      return
    }
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).dropFirst()
    guard let first = parts.first, let seed = UInt64(first), parts.count <= 2 else { return nil }
    guard parts.count == 2 else {
      self = .seed(seed, index: 0)
      return
    }
    guard let index = parts.last.flatMap({ Int($0) }), (0..<1_000_000).contains(index) else {
      return nil
    }
    self = .seed(seed, index: index)
  }

  /// The point in a model's latents.
  func latents(
    of generator: BreakbeatGenerator, _ source: SourceTempoOptions
  ) async throws -> [Float] {
    switch self {
    case .seed(let seed, let index):
      return generator.latents.sample(seed: seed, index: index)
    case .audio(let path):
      let found = try ForeignOutput.silenced {
        try BreakSource(
          contentsOf: path, bars: source.barsInSource, beatsPerMinute: source.sourceBpm,
          downbeat: source.downbeat)
      }
      Terminal.note("Source \(printable(path)): \(found.tempo.description)")
      let loop = try found.gridLoop(generator.configuration.spectrogram)
      return try await generator.encode([loop])[0]
    }
  }
}

extension LatentPoint: Encodable {
  private enum Key: String, CodingKey {
    case audio, seed, index
  }

  /// `{"audio": …}` or `{"seed": …, "index": …}`.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .audio(let path): try container.encode(path, forKey: .audio)
    case .seed(let seed, let index):
      try container.encode(seed, forKey: .seed)
      try container.encode(index, forKey: .index)
    }
  }
}
