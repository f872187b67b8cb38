public import SpectralAudio
import Tensors

/// Makes loops from breaks: item `index` is a pure function of the breaks, the seed and the index.
///
///     let randomizer = try LoopRandomizer([BreakSource.synthetic()], settings: .demo, seed: 7)
///     let loop = randomizer.loop(at: 12)        // exactly 32,768 samples at 10 kHz, seamless
///     print(randomizer.text(at: 12))            // "synthetic-amen |00 01 02 …"
public struct LoopRandomizer: Sendable {
  /// What the loops' length, rate and tempo are taken from.
  public let settings: SpectrogramSettings
  /// How often each move is made.
  public let recipe: Recipe
  /// The seed of every item.
  public let seed: UInt64

  /// How breaks are cut and brought to the grid.
  public let fitting: BreakFitting

  private let sources: [BreakSource]
  private let renderers = RendererCache()
  private let stepCount: Int

  /// A randomizer of some breaks.
  ///
  /// - Throws: ``TrainingDataError`` if there is no break, a probability is out of range, or the
  ///   loop is not a whole number of sixteenths.
  /// - Cost: each break is fitted when it is first needed, and kept while there is room (256 MiB).
  public init(
    _ breaks: [BreakSource], settings: SpectrogramSettings, recipe: Recipe = Recipe(),
    fitting: BreakFitting = BreakFitting(), seed: UInt64
  ) throws(TrainingDataError) {
    try settings.checked()
    try recipe.validate()
    guard !breaks.isEmpty else {
      throw TrainingDataError(
        .nothingUsable, "there is no break to randomize",
        remedy: "give one at least")
    }
    let stepCount = Int(settings.sixteenthCount.rounded())
    guard Double(stepCount) == settings.sixteenthCount, settings.samplesPerSixteenth >= 32 else {
      throw TrainingDataError(
        .invalidSettings,
        "\(settings.bars) bars in \(settings.loopSampleCount) samples: \(settings.sixteenthCount) "
          + "sixteenths of \(settings.samplesPerSixteenth) samples",
        remedy: "choose a whole number of sixteenths of 32 samples or more")
    }
    for source in breaks { try SlicedBreak.check(source, settings) }
    self.settings = settings
    self.recipe = recipe
    self.seed = seed
    self.fitting = fitting
    sources = breaks
    self.stepCount = stepCount
  }

  /// The number, among the breaks given, of the one an item is made of.
  public func sourceIndex(at index: Int) -> Int {
    var random = PhiloxStream(seed: seed, stream: UInt64(index))
    return random.integer(below: sources.count)
  }

  /// The decisions of an item as a line of a tracker: the break's name, then one cell per sixteenth,
  /// bars set apart by `|`.
  ///
  /// `12` is sixteenth 12 of the break, `12*3` a roll, `12/13` double time, `12r` backwards, `12+5`
  /// five semitones up, `12+0>+7` sliding, `12~` its second half, `12^` retriggered, `12!-3` 3 dB softer, `--` silence;
  /// `g` adds a ghost snare and `C` a crash.
  public func text(at index: Int) -> String {
    var text = sources[sourceIndex(at: index)].name + " "
    for (number, step) in steps(at: index).enumerated() {
      text += (number % 16 == 0 ? "|" : " ") + step.text
    }
    return text + "|"
  }

  /// The sound of an item: `settings.loopSampleCount` samples that repeat without a seam.
  ///
  /// - Throws: ``TrainingDataError`` when a break left on the disk is gone or has changed.
  public func loop(at index: Int) throws(TrainingDataError) -> Waveform {
    let number = sourceIndex(at: index)
    let renderer = try renderers.renderer(number) { () throws(TrainingDataError) in
      LoopRenderer(
        source: try SlicedBreak(sources[number], settings: settings, fitting: fitting),
        sampleCount: settings.loopSampleCount, stepCount: stepCount)
    }
    return Waveform(
      samples: renderer.samples(for: steps(at: index)), sampleRate: settings.sampleRate)
  }

  private func steps(at index: Int) -> [LoopStep] {
    let source = sources[sourceIndex(at: index)]
    return LoopPlanner.steps(
      recipe: recipe, sliceCount: SlicedBreak.sixteenthCount(source), stepCount: stepCount,
      random: PhiloxStream(seed: seed ^ source.seed, stream: UInt64(index)))
  }
}

extension SpectrogramSettings {
  /// Validates, with this module's error.
  func checked() throws(TrainingDataError) {
    do throws(SpectralAudioError) {
      try validate()
    } catch {
      throw TrainingDataError(.invalidSettings, error.message, remedy: error.remedy)
    }
  }
}
