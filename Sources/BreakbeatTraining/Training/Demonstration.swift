internal import Breakbeats
internal import SpectralAudio
public import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The whole story in a few minutes: break, data set, training, loops, page. What `vamen demo` runs.
public struct Demonstration: Sendable {
  /// Something to tell a person.
  public enum Event: Sendable {
    /// A line to keep.
    case text(String)
    /// A line that the next one replaces.
    case progress(String, isLast: Bool)
  }

  private let folder: String
  private let minutes: Double
  private let count: Int
  private let seed: UInt64
  private let source: BreakSource
  private let origin: String
  private let choice: BackendChoice

  /// Loops on the page.
  private static let sampleCount = 16

  /// Where Debian's package sonic-pi-samples puts the amen break (CC0).
  private static let amenPath = "/usr/share/sonic-pi/samples/loop_amen_full.flac"

  /// Finds the break.
  ///
  /// - Throws: ``TrainingDataError`` when `source` names a file that cannot be used.
  public init(
    folder: String, minutes: Double, count: Int, seed: UInt64, source path: String?,
    choice: BackendChoice
  ) throws {
    self.folder = folder
    self.minutes = minutes
    self.count = count
    self.seed = seed
    self.choice = choice
    if let path {
      source = try BreakSource(contentsOf: path)
      origin = path
    } else if FileManager.default.fileExists(atPath: Self.amenPath) {
      source = try BreakSource(contentsOf: Self.amenPath)
      origin = "the amen break, \(Self.amenPath) (CC0)"
    } else {
      source = .synthetic()
      origin =
        "the built-in synthetic drummer: no recording, because \(Self.amenPath) is missing; "
        + "install Debian's package sonic-pi-samples for the real amen break"
    }
  }

  /// Runs it.
  public func run(
    shouldStop: @escaping @Sendable () -> Bool, report: @escaping @Sendable (Event) -> Void
  ) async throws {
    let begin = ContinuousClock.now
    report(.text("Source: \(origin); \(source.tempo.description)"))
    let data = try await prepare(report)
    if shouldStop() { throw stopped() }
    let run = try await train(data, shouldStop: shouldStop, report: report)
    try await write(data, run: run, begin: begin, report: report)
  }

  private func stopped() -> TrainingDataError {
    TrainingDataError(
      .stopped, "the demo was stopped before training; nothing to listen to was written",
      remedy: "start it again")
  }

  private func prepare(
    _ report: @escaping @Sendable (Event) -> Void
  ) async throws -> BreakbeatDataset {
    try removeOldDemo()
    let path = folder + "/breaks.vamen"
    let preparation = DatasetPreparation(
      settings: BreakbeatVAE.Preset.demo.configuration.spectrogram, count: count, seed: seed,
      heldOutFraction: 0.08)
    let summary = try await preparation.write([source], to: path) {
      report(.progress("Preparing \($0)", isLast: $0.completed == $0.count))
    }
    report(
      .text(
        "Prepared \(count) randomized loops in \(summary.seconds.rounded(places: 1)) s: \(path)"))
    return try BreakbeatDataset(contentsOf: path)
  }

  /// Clears what an earlier demo wrote, and nothing else: a folder that no demo marked as its own
  /// keeps what is in it.
  private func removeOldDemo() throws {
    try makeFolder(folder)
    let mark = folder + "/demo.json"
    if !FileManager.default.fileExists(atPath: mark) {
      for name in ["run", "loops", "breaks.vamen", "index.html", "grid.png"]
      where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
        throw TrainingDataError(
          .unwritable, "\(folder)/\(name) is there already and no demo made it",
          remedy: "choose another --out")
      }
    }
    try writeJSON(["seed": "\(seed)", "source": origin, "version": vamenVersion], to: mark)
    do {
      for name in ["run", "loops"] where FileManager.default.fileExists(atPath: "\(folder)/\(name)")
      {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      }
    } catch {
      throw TrainingDataError(
        .unwritable, "the older demo in \(folder) cannot be removed: \(error)",
        remedy: "choose another --out")
    }
    try makeFolder(folder + "/loops")
  }

  private func train(
    _ data: BreakbeatDataset, shouldStop: @escaping @Sendable () -> Bool,
    report: @escaping @Sendable (Event) -> Void
  ) async throws -> TrainingRun {
    var settings = TrainingSettings(.demo, steps: 1, seed: seed)
    settings.model.spectrogram = data.settings
    settings.steps = try await affordableSteps(settings, data: data)
    if shouldStop() { throw stopped() }
    report(
      .text(
        "Training the demo preset (\(settings.model.parameterCount) parameters) for "
          + "\(counted(settings.steps, "step")) of \(settings.batchSize) pictures on "
          + "\(choice.backend.name), about \(minutes.rounded(places: 1)) minutes"))
    let run = try await TrainingRun(
      settings, data: data, folder: folder + "/run", choice: choice,
      cadence: .init(checkpoint: max(50, settings.steps / 6), preview: 0))
    for note in run.notes { report(.text(note)) }
    var lastShown = ContinuousClock.now - .seconds(60)
    _ = try await run.run(shouldStop: shouldStop, note: { report(.text($0)) }) { step in
      let isLast = step.step == step.steps
      guard isLast || ContinuousClock.now - lastShown > .seconds(5) else { return }
      lastShown = .now
      report(.progress("\(step)", isLast: isLast))
    }
    return run
  }

  /// Steps that fit the time, from the speed of a few steps of a throw-away trainer.
  private func affordableSteps(
    _ settings: TrainingSettings, data: BreakbeatDataset
  ) async throws -> Int {
    let trainer = try Trainer(settings, data: data, choice: choice)
    _ = try await trainer.takeStep()
    var seconds: [Double] = []
    let begin = ContinuousClock.now
    while seconds.count < 8 && ContinuousClock.now - begin < .seconds(20) {
      seconds.append(try await trainer.takeStep().seconds)
    }
    let typical = seconds.sorted()[seconds.count / 2]
    return max(20, Int(minutes * 60 / typical))
  }

  private func write(
    _ data: BreakbeatDataset, run: TrainingRun, begin: ContinuousClock.Instant,
    report: @Sendable (Event) -> Void
  ) async throws {
    let generator = try BreakbeatGenerator(
      ModelFile(contentsOf: run.folder.lastModel), choice: choice)
    let settings = data.settings
    let samplingStart = ContinuousClock.now
    let pictures = try await generator.spectrograms(count: Self.sampleCount, seed: seed)
    let loops = try await generator.loops(of: pictures)
    let samplingSeconds = (ContinuousClock.now - samplingStart) / .seconds(1)

    var players: [ListeningPage.Loop] = []
    for (index, loop) in loops.enumerated() {
      let name = LoopFileName(
        seed: seed, index: index, beatsPerMinute: settings.beatsPerMinute, bars: settings.bars)
      let wave = try WaveFile.bytes(of: loop, bars: settings.bars)
      try AtomicFile.write(wave, to: "\(folder)/loops/\(name)")
      players.append(
        .init(title: "\(name)", wave: wave, picture: try pictures[index].shades().png()))
    }
    let grid = IndexedImage.grid(of: pictures.map { $0.shades() }, columns: 4)
    try grid.writePNG(to: folder + "/grid.png")

    var page = ListeningPage(title: "VAmEn: breaks that never existed")
    page.subtitle =
      "Learned from \(origin) on \(choice.backend.name). Click a picture to play it."
    page.grid = try grid.png()
    page.reports = MetricsLog.reports(in: run.folder.path)
    page.sections = [
      .init(
        title: "The source",
        text: "What the model learned from, how it sounds through the picture "
          + "alone, and two of the randomized loops it saw.",
        loops: try sourceLoops(data)),
      .init(title: "New loops", text: "Drawn from the model, seed \(seed).", loops: players),
    ]
    let facts = facts(
      page.reports, samplingSeconds: samplingSeconds,
      totalSeconds: (ContinuousClock.now - begin) / .seconds(1))
    page.facts = facts
    try page.write(to: folder + "/index.html")

    for fact in facts { report(.text("\(fact.name): \(fact.value)")) }
    report(
      .text("Loops: \(folder)/loops, grid: \(folder)/grid.png, model: \(run.folder.lastModel)"))
    report(.text("Listen: \(folder)/index.html"))
  }

  /// The break, its round trip through the picture, and items of the data set.
  private func sourceLoops(_ data: BreakbeatDataset) throws -> [ListeningPage.Loop] {
    let settings = data.settings
    let loop = try source.gridLoop(settings)
    let image = try SpectrogramImage(of: loop, settings: settings)
    let trip = try RoundTrip(settings, on: choice.backend).run(image, original: loop)
    let randomizer = try data.randomizer()
    let picture = try image.shades().png()
    let player = { (title: String, loop: Waveform, picture: [UInt8]) in
      ListeningPage.Loop(
        title: title, wave: try WaveFile.bytes(of: loop, bars: settings.bars), picture: picture)
    }
    let items = try (0..<2).map { index in
      try player(
        "Randomized: \(data.recipeText(of: index))", try randomizer.loop(at: index),
        SpectrogramImage(
          bands: settings.bands, frames: settings.frames, levels: data.readPixels(of: index)
        ).shades().png())
    }
    return [
      try player("Source: \(source.name)", loop, picture),
      try player(
        "Picture and back, without the model "
          + "(spectral convergence \(trip.endConvergence.rounded(places: 1)) dB)",
        trip.loop.limited(), picture),
    ] + items
  }

  private func facts(
    _ reports: [TrainingReport], samplingSeconds: Double, totalSeconds: Double
  ) -> [(name: String, value: String)] {
    let training = reports.map(\.seconds).reduce(0, +)
    let first = reports.first
    let last = reports.last
    let text = { (value: Double?, places: Int) in value?.rounded(places: places) ?? "none" }
    return [
      ("Device", "\(choice.backend.name), \(choice.reason)"),
      (
        "Training",
        "\(counted(reports.count, "step")) in \(training.rounded(places: 1)) s, "
          + "\(text(last?.imagesPerSecond, 1)) pictures/s"
      ),
      ("Loss", "\(text(first?.loss, 3)) to \(text(last?.loss, 3))"),
      (
        "Mean squared error",
        "\(text(first?.squaredError, 4)) to \(text(last?.squaredError, 4)), "
          + "held out \(text(reports.compactMap(\.heldOutSquaredError).last, 4))"
      ),
      (
        "KL",
        "\(text(last?.divergence, 1)) nats, \(last?.activeLatents ?? 0) of "
          + "\(last?.latentCount ?? 0) latents in use"
      ),
      ("Sampling", "\(Self.sampleCount) loops in \(samplingSeconds.rounded(places: 2)) s"),
      ("Whole demo", "\(totalSeconds.rounded(places: 0)) s"),
    ]
  }
}
