public import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
public import SpectralAudio
import Tensors

struct Resynthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Audio to picture and back: the best that any model can sound.",
    discussion: """
      Prints the spectral convergence before the first iteration and at the end, 20 log10 of the \
      distance of the result's magnitudes to those of the sound, relative to their norm (lower is \
      better), the correlation of both onset envelopes, and the time for one loop. Of a data set, \
      items are turned back in one batch and written to a folder beside the originals, and means \
      are printed at the end.
      """)

  enum Method: String, CaseIterable, ExpressibleByArgument {
    case accelerated, fast, plain
  }

  enum Start: String, CaseIterable, ExpressibleByArgument {
    case tree, random
    case pairedTree = "paired-tree"
  }

  @OptionGroup var source: GridLoopOptions

  @Option(
    name: .shortAndLong,
    help: "The WAV, FLAC or Ogg file to write, by its ending; a folder for items of a data set.",
    completion: .file(extensions: ["wav", "flac", "ogg"]))
  var out: String

  @Option(help: "Iterations of phase retrieval.")
  var iterations = 32

  @Option(help: "Update: accelerated, fast (Griffin-Lim with momentum) or plain.")
  var method: Method = .accelerated

  @Option(
    help: """
      Phases to begin with: tree (integrated from the picture's gradient), paired-tree (for decoded \
      pictures) or random.
      """)
  var start: Start = .tree

  @Option(
    help: "Projection: kernel (a convolution over time and frequency) or exact (by matrices).")
  var consistency: Consistency = .kernel

  @Option(help: "Steps of mel inversion: 10 suit pictures of sound, 3 decoded ones.")
  var melSteps = 10

  @Option(help: "Tempo at constant pitch. (default: the picture's)")
  var bpm: Double?

  @Option(help: "Sample rate of the file. (default: the picture's)")
  var sampleRate: Double?

  @Option(help: "Samples of wav and flac files; flac has no float32.")
  var wavFormat: WaveFile.SampleFormat = .pcm16

  @Option(help: "Items of a data set to turn back, from the first.")
  var count = 16

  @Flag(help: "Print the convergence after every iteration.")
  var verbose = false

  @OptionGroup var device: DeviceOption

  @Option(
    help: """
      Seed of random phases: of all with --start random, otherwise of the weakest bins. (default: 0; \
      with --start random a random one, printed)
      """)
  var seed: UInt64?

  @OptionGroup var output: JSONOption

  /// What is printed for each loop.
  private struct Line: Encodable {
    var loop: String
    var seed: UInt64
    var startConvergence: JSONNumber
    var endConvergence: JSONNumber
    var convergence: [JSONNumber]
    var onsetCorrelation: Double
    var isSeamClosed: Bool
    var seconds: Double
    var beatsPerMinute: Double
  }

  func validate() throws {
    try check("--iterations", Double(iterations), 0...10_000)
    try check("--mel-steps", Double(melSteps), 0...1000)
    try check("--count", Double(count), 1...4096)
    if let bpm { try check("--bpm", bpm, 20...1000) }
    try checkSampleRate(sampleRate)
    // What is missing is an error of its own; it may have been meant for a data set.
    guard FileManager.default.fileExists(atPath: source.audio) else { return }
    guard let container else {
      throw ValidationError(
        "--out \(printable(out)): a name that ends in .wav, .flac or .ogg is needed.")
    }
    try container.check(wavFormat, for: "--out \(printable(out))")
    try container.check(rate: sampleRate, for: "--out \(printable(out))")
  }

  /// The kind of the file to write, by the ending of its name.
  private var container: LoopFile.Container? {
    let ending = URL(filePath: out).pathExtension.lowercased()
    return isOfDataset ? .wav : LoopFile.Container(rawValue: ending)
  }

  /// Whether items of a data set are turned back, into a folder.
  private var isOfDataset: Bool { BreakbeatDataset.isDataset(source.audio) }

  private func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws {
    guard range.contains(value) else {
      let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
      throw ValidationError("\(name) \(value.shortest): \(low) to \(high) are possible.")
    }
  }

  func run() throws {
    let material = try material()
    let settings = material.settings
    let hop = try bpm.map { try synthesisHop(settings, beatsPerMinute: $0) }
    let backend = try device.choose().backend
    // Before the work.
    let folder = try material.names.isEmpty ? nil : OutputFolder(out)
    let seed = chooseSeed()
    let trip = try RoundTrip(
      settings, options: options(seed: seed), hop: hop, batchSize: material.loops.count,
      isMeasured: verbose, on: backend)
    let results = try trip.run(material.images, originals: material.loops)
    let container = self.container ?? .wav
    var beatsPerMinute = settings.beatsPerMinute
    for (index, result) in results.enumerated() {
      for (iteration, value) in result.convergence.enumerated() where !output.json {
        print("iteration \(iteration)  consistency \(value.rounded(places: 2)) dB")
      }
      let path = folder?.path(material.names[index] + "-resynthesized.wav") ?? out
      // What is printed is of the loop as it came back, whatever its file takes.
      let sound = try result.loop.loopOfFile(atRate: sampleRate)
      beatsPerMinute = WaveFile.beatsPerMinute(of: sound, bars: settings.bars)
      try LoopFile.write(
        sound, to: path, bars: settings.bars, container: container, format: wavFormat)
      if let folder {
        try WaveFile.write(
          material.loops[index], to: folder.path(material.names[index] + ".wav"),
          bars: settings.bars, format: wavFormat)
      }
      if output.json {
        try Terminal.printJSON(line(result, seed: seed, path: path, beatsPerMinute))
      } else {
        print("\(printable(path)): \(summary([result]))")
      }
    }
    guard !output.json else { return }
    if folder != nil { print("mean of \(results.count): \(summary(results))") }
    if bpm != nil {
      print("tempo \(beatsPerMinute.rounded(places: 2)) bpm, hop \(hop ?? settings.hop)")
    }
  }

  private func line(
    _ result: RoundTrip.Result, seed: UInt64, path: String, _ beatsPerMinute: Double
  ) -> Line {
    Line(
      loop: path, seed: seed, startConvergence: JSONNumber(result.startConvergence),
      endConvergence: JSONNumber(result.endConvergence),
      convergence: result.convergence.map { JSONNumber($0) },
      onsetCorrelation: result.onsetCorrelation, isSeamClosed: result.seam.isClosed,
      seconds: result.seconds, beatsPerMinute: beatsPerMinute)
  }

  /// What to turn back; names are those of files for items of a data set.
  private struct Material {
    var settings: SpectrogramSettings
    var loops: [Waveform]
    var images: [SpectrogramImage]
    var names: [String] = []
  }

  private func material() throws -> Material {
    guard isOfDataset else {
      let (loop, settings) = try source.load()
      let image = try SpectrogramImage(of: loop, settings: settings)
      return Material(settings: settings, loops: [loop], images: [image])
    }
    let data = try BreakbeatDataset(contentsOf: source.audio)
    let (settings, indices) = (data.settings, 0..<min(count, data.count))
    // The data set's sources are read again.
    let loops = try ForeignOutput.silenced {
      let randomizer = try data.randomizer()
      return try indices.map { try randomizer.loop(at: $0) }
    }
    return Material(
      settings: settings, loops: loops,
      images: try indices.map {
        try SpectrogramImage(
          bands: settings.bands, frames: settings.frames, levels: data.readPixels(of: $0))
      },
      names: indices.map { "item-\($0)" })
  }

  private func chooseSeed() -> UInt64 { start == .random ? SeedOption.choose(seed) : seed ?? 0 }

  private func options(seed: UInt64) -> SpectrogramInverter.Options {
    let retrieval: PhaseRetrieval =
      switch method {
      case .accelerated: .accelerated(iterations: iterations)
      case .fast: .fast(iterations: iterations)
      case .plain: .plain(iterations: iterations)
      }
    let phases: PhaseStart =
      switch start {
      case .tree: .tree(seed: seed)
      case .pairedTree: .pairedTree(seed: seed)
      case .random: .random(seed: seed)
      }
    return SpectrogramInverter.Options(
      melInversion: .richardsonLucy(steps: melSteps), phaseRetrieval: retrieval, start: phases,
      consistency: consistency)
  }

  private func synthesisHop(
    _ settings: SpectrogramSettings, beatsPerMinute: Double
  ) throws -> Int {
    let own = settings.beatsPerMinute
    guard (own / 2...own * 2).contains(beatsPerMinute) else {
      throw ValidationError(
        "--bpm \(beatsPerMinute): \(Int(own / 2) + 1) to \(Int(own * 2)) are possible.")
    }
    return SpectrogramInverter.synthesisHop(for: settings, beatsPerMinute: beatsPerMinute)
  }

  /// Means over all loops; those of decibels over the loops that are not silent.
  private func summary(_ results: [RoundTrip.Result]) -> String {
    let mean = { (number: (RoundTrip.Result) -> Double) in
      results.reduce(0) { $0 + number($1) } / Double(results.count)
    }
    let decibels = { (number: (RoundTrip.Result) -> Double) -> String in
      let values = results.map(number).filter(\.isFinite)
      guard !values.isEmpty else { return "none (silence)" }
      return "\((values.reduce(0, +) / Double(values.count)).rounded(places: 2)) dB"
    }
    let seams = results.filter(\.seam.isClosed).count
    let seam =
      results.count > 1
      ? "\(seams) of \(results.count) seams closed" : seams == 1 ? "seam closed" : "seam open"
    return "spectral convergence \(decibels(\.startConvergence)) before, "
      + "\(decibels(\.endConvergence)) after \(counted(iterations, "iteration")), "
      + "onset correlation \(mean(\.onsetCorrelation).rounded(places: 4)), \(seam), "
      + "\((mean(\.seconds) * 1000).rounded(places: 1)) ms per loop"
  }
}

extension Consistency: ExpressibleByArgument {}
