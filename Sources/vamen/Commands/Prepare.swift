import ArgumentParser
import Breakbeats
import BreakbeatTraining
import Foundation
import SpectralAudio

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a data set: breaks to randomized loops to log-mel spectrograms.",
    discussion: """
      Sources are audio files and folders of them, anything libsndfile reads. A file's bars and \
      tempo come from its name (such as amen-4bars-137bpm.wav), from --bars-in-source and --bpm, or \
      from its length. The same sources, options and seed give the same bytes.
      """)

  @Argument(help: "Audio files and folders.")
  var sources: [String] = []

  @Option(name: .shortAndLong, help: "The data set to write.")
  var out: String

  @Option(help: "Randomized loops to make.")
  var count = 10_000

  @Option(help: "The preset whose pictures to make.")
  var preset: BreakbeatVAE.Preset = .full

  @Option(help: "Bars of a loop. (default: the preset's)")
  var bars: Double?

  @Option(help: "Share of the loops kept out of training.")
  var holdout = 0.05

  @Option(help: "Bars of each source file. (default: from its name or length)")
  var barsInSource: Double?

  @Option(help: "Tempo of each source file. (default: from its name or length)")
  var bpm: Double?

  @Option(help: "JSON file with the randomizer's probabilities. (default: built in)")
  var recipe: String?

  @Flag(help: "Use the built-in synthetic drummer; needs no source.")
  var synthetic = false

  @OptionGroup var seed: SeedOption
  @OptionGroup var output: JSONOption

  func validate() throws {
    if sources.isEmpty && !synthetic {
      throw ValidationError("Give at least one audio file or folder, or --synthetic.")
    }
    try checkBars(bars)
    guard (1...10_000_000).contains(count) else {
      throw ValidationError("--count \(count): 1 to 10000000 loops are possible.")
    }
    guard (0...0.9).contains(holdout) else {
      throw ValidationError("--holdout \(holdout): 0 to 0.9 is possible.")
    }
  }

  func run() async throws {
    let breaks = try loadBreaks()
    let settings = preset.configuration(bars: bars ?? preset.configuration.spectrogram.bars)
      .spectrogram
    try settings.validate()
    if !settings.isInvertible {
      Terminal.note(
        "At \(settings.bars) bars, hop \(settings.hop) leaves too little overlap to turn pictures "
          + "into sound well: this data set is for pictures only.")
    }
    let preparation = DatasetPreparation(
      settings: settings, count: count, seed: seed.choose(), recipe: try loadRecipe(),
      heldOutFraction: holdout)
    let json = output.json
    let path = out
    let work = Task {
      try await preparation.write(breaks, to: path) { progress in
        if !json { Terminal.progress("\(progress)", isLast: progress.completed == progress.count) }
      }
    }
    let interruption = Interruption("Stopping; press again to stop at once.") { work.cancel() }
    let summary: PreparationSummary
    do { summary = try await work.value } catch  where interruption.isRequested {
      throw TrainingDataError(
        .stopped, "\(path) was not written: preparing was stopped", remedy: "start it again")
    }
    if json {
      try Terminal.printJSON(SummaryLine(summary))
    } else {
      print(
        "\(summary.path): \(summary.count) loops (\(summary.heldOutCount) held out), "
          + "\(settings.bands) x \(settings.frames), \(summary.fileLength >> 10) KiB, "
          + "\(settings.beatsPerMinute.rounded(places: 2)) bpm, reference level "
          + "\(summary.referenceLevel.rounded(places: 2)) dB, \(summary.seconds.rounded(places: 1)) s"
      )
    }
  }

  private func loadBreaks() throws -> [BreakSource] {
    var breaks: [BreakSource] = []
    if !sources.isEmpty {
      let collection = try BreakCollection(
        contentsOf: sources, bars: barsInSource, beatsPerMinute: bpm)
      for skipped in collection.skipped {
        Terminal.note("Skipped \(skipped.path): \(skipped.reason)")
      }
      breaks = collection.breaks
    }
    if synthetic { breaks.append(.synthetic()) }
    for source in breaks { Terminal.note("Source \(source.name): \(source.tempo.description)") }
    return breaks
  }

  private func loadRecipe() throws -> Recipe {
    guard let recipe else { return Recipe() }
    return try Recipe(contentsOf: recipe)
  }

  private struct SummaryLine: Encodable {
    var path: String
    var count: Int
    var heldOut: Int
    var bytes: Int
    var referenceLevel: Double
    var seconds: Double

    init(_ summary: PreparationSummary) {
      path = summary.path
      count = summary.count
      heldOut = summary.heldOutCount
      bytes = summary.fileLength
      referenceLevel = summary.referenceLevel
      seconds = summary.seconds
    }
  }
}
