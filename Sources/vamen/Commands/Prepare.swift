import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a data set: breaks to randomized loops to log-mel spectrograms.",
    discussion: """
      Sources are audio files and folders of them, anything libsndfile reads. A file's bars, tempo \
      and first beat come from --bars-in-source, --bpm and --downbeat, from its name (such as \
      amen-4bars-137bpm.wav), or are estimated from its onsets; each is printed with how sure it \
      is. What cannot be used is left out with the reason. The same sources, options and seed give \
      the same bytes; a preparation that was killed goes on when it is started again.

      --synthetic plays drums made of sines and noise, in the pattern of the amen break and three \
      variations: enough to try everything, no substitute for a recording.
      """)

  @Argument(help: "Audio files and folders.", completion: .file())
  var sources: [String] = []

  @Option(name: .shortAndLong, help: "The data set to write.", completion: .dataset)
  var out: String?

  @Option(help: "Randomized loops to make.")
  var count = 10_000

  @Option(help: "The preset whose pictures to make.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Bars of a loop. (default: the preset's)")
  var bars: Double?

  @Option(help: "Share of the loops kept out of training.")
  var holdout = 0.05

  @Option(help: "Keep out single loops (item) or all loops of some sources (source).")
  var holdoutBy: HeldOut.Unit = .item

  @Option(help: "Bars of each source file. (default: from its name or sound)")
  var barsInSource: Double?

  @Option(help: "Tempo of each source file. (default: from its name or sound)")
  var bpm: Double?

  @Option(
    help: "Seconds before the first bar of each source file. (default: from its name or sound)")
  var downbeat: Double?

  @Option(help: "Cut on the grid (grid), or at the onsets, each moved to the grid (onset).")
  var slice: BreakFitting.Slice = .grid

  @Option(
    help: "Fit to the tempo as on a sampler (repitch), or at constant pitch (stretch).")
  var fit: BreakFitting.Fit = .repitch

  @Option(
    help: "JSON file with the randomizer's probabilities. (default: built in)",
    completion: .file(extensions: ["json"]))
  var recipe: String?

  @Flag(help: "Print the recipe in force as JSON and do nothing else.")
  var printRecipe = false

  @Flag(help: "Use the built-in synthetic drummer; needs no source.")
  var synthetic = false

  @OptionGroup var seed: SeedOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if printRecipe { return }
    if sources.isEmpty && !synthetic {
      throw ValidationError("Give at least one audio file or folder, or --synthetic.")
    }
    if out == nil { throw ValidationError("Give --out, the data set to write.") }
    try checkBars(bars)
    guard (1...10_000_000).contains(count) else {
      throw ValidationError("--count \(count): 1 to 10000000 loops are possible.")
    }
    guard (0...0.9).contains(holdout) else {
      throw ValidationError("--holdout \(holdout): 0 to 0.9 is possible.")
    }
    if let downbeat, !(0...1e6).contains(downbeat) {
      throw ValidationError("--downbeat \(downbeat): 0 or more seconds are possible.")
    }
  }

  func run() async throws {
    let recipe = try loadRecipe()
    guard !printRecipe, let path = out else {
      if output.json { Terminal.printJSON(text: recipe.json) } else { print(recipe.json) }
      return
    }
    let (breaks, skipped) = try loadBreaks()
    let settings = preset.configuration(bars: bars ?? preset.configuration.spectrogram.bars)
      .spectrogram
    try settings.validate()
    if !settings.isInvertible {
      Terminal.note(
        "At \(counted(bars: settings.bars)), hop \(settings.hop) leaves too little overlap to turn "
          + "pictures into sound well: this data set is for pictures only.")
    }
    let preparation = DatasetPreparation(
      settings: settings, count: count, seed: chooseSeed(path), recipe: recipe,
      fitting: BreakFitting(slice: slice, fit: fit),
      heldOutFraction: holdout, heldOutBy: holdoutBy)
    let summary = try await write(preparation, breaks, to: path)
    if output.json {
      try Terminal.printJSON(
        SummaryLine(summary, seed: preparation.seed, sources: breaks, skipped: skipped))
      return
    }
    print(
      "\(printable(summary.path)): \(counted(summary.count, "loop")) "
        + "(\(summary.heldOutCount) held out), \(settings.bands) x \(settings.frames), "
        + "\(summary.fileLength >> 10) KiB, "
        + "\(settings.beatsPerMinute.rounded(places: 2)) bpm, reference level "
        + "\(summary.referenceLevel.rounded(places: 2)) dB, \(summary.seconds.rounded(places: 1)) s"
    )
    print("Sources: \(breaks.count) used, \(skipped.count) left out\(Self.counts(skipped))")
  }

  /// Writes the data set; a first Ctrl-C stops between two loops.
  private func write(
    _ preparation: DatasetPreparation, _ breaks: [BreakSource], to path: String
  ) async throws -> PreparationSummary {
    // Sources may be read again while loops are made.
    let silence = ForeignOutput(silencing: [STDOUT_FILENO])
    defer { silence.end() }
    let json = output.json
    let work = Task {
      try await preparation.write(breaks, to: path) { progress in
        if !json { Terminal.progress("\(progress)", isLast: progress.completed == progress.count) }
      }
    }
    let interruption = Interruption("Stopping; press again to stop at once.") { work.cancel() }
    do {
      let summary = try await work.value
      if summary.keptCount > 0 {
        let verb = summary.keptCount == 1 ? "was" : "were"
        Terminal.note(
          "\(counted(summary.keptCount, "loop")) \(verb) there from an unfinished preparation.")
      }
      return summary
    } catch  where interruption.isRequested {
      throw TrainingDataError(
        .stopped, "\(path) is not finished: preparing was stopped",
        remedy: "go on with the same command")
    }
  }

  /// The seed given, or that of an unfinished data set of this name, or a random one.
  private func chooseSeed(_ path: String) -> UInt64 {
    guard seed.seed == nil, let old = DatasetPreparation.unfinishedSeed(for: path) else {
      return seed.choose()
    }
    Terminal.note("Seed: \(old), of the unfinished \(printable(path))")
    return old
  }

  private func loadBreaks() throws -> (breaks: [BreakSource], skipped: [SkippedSource]) {
    var breaks: [BreakSource] = []
    var skipped: [SkippedSource] = []
    if !sources.isEmpty {
      let collection = try ForeignOutput.silenced {
        try BreakCollection(
          contentsOf: sources, bars: barsInSource, beatsPerMinute: bpm, downbeat: downbeat,
          alternative: "use --synthetic")
      }
      breaks = collection.breaks
      skipped = collection.skipped
      for file in skipped {
        Terminal.note("Skipped \(printable("\(file.reason)"))")
      }
      if collection.hiddenCount > 0 {
        Terminal.note("Hidden entries passed over: \(collection.hiddenCount)")
      }
    }
    if synthetic {
      breaks += BreakSource.syntheticBreaks()
      Terminal.note("The synthetic drummer plays sines and noise: it is no recording.")
    }
    for source in breaks {
      Terminal.note("Source \(printable(source.path ?? source.name)): \(source.tempo.description)")
    }
    return (breaks, skipped)
  }

  private func loadRecipe() throws -> Recipe {
    guard let recipe else { return Recipe() }
    return try Recipe(contentsOf: recipe)
  }

  /// How many sources were left out for each reason, as ` (2 not-audio, 1 silent)`.
  private static func counts(_ skipped: [SkippedSource]) -> String {
    let groups = Dictionary(grouping: skipped) { $0.reason.code.rawValue }
    let texts = groups.sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
    return texts.isEmpty ? "" : " (" + texts.joined(separator: ", ") + ")"
  }

  private struct SummaryLine: Encodable {
    struct Source: Encodable {
      var name: String
      var path: String?
      var bars: Double
      var beatsPerMinute: Double
      var downbeat: Double
      var origin: LoopTempo.Origin
      var confidence: JSONNumber

      init(_ source: BreakSource) {
        name = source.name
        path = source.path
        bars = source.tempo.bars
        beatsPerMinute = source.tempo.beatsPerMinute
        downbeat = source.tempo.downbeat
        origin = source.tempo.origin
        confidence = JSONNumber(source.tempo.confidence)
      }
    }

    struct Skipped: Encodable {
      var path: String
      var code: String
      var reason: String
    }

    var path: String
    var count: Int
    var kept: Int
    var heldOut: Int
    var bytes: Int
    var referenceLevel: Double
    var seconds: Double
    var seed: UInt64
    var sources: Int
    var used: [Source]
    var skipped: [Skipped]

    init(
      _ summary: PreparationSummary, seed: UInt64, sources: [BreakSource],
      skipped: [SkippedSource]
    ) {
      path = summary.path
      count = summary.count
      kept = summary.keptCount
      heldOut = summary.heldOutCount
      bytes = summary.fileLength
      referenceLevel = summary.referenceLevel
      seconds = summary.seconds
      self.seed = seed
      self.sources = sources.count
      used = sources.map { Source($0) }
      self.skipped = skipped.map {
        Skipped(path: $0.path, code: $0.reason.code.rawValue, reason: $0.reason.message)
      }
    }
  }
}
