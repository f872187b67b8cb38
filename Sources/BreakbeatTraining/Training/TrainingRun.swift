internal import Breakbeats
internal import SpectralAudio
public import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A training run with everything around it: the run folder, metrics, checkpoints, previews, the
/// listening page; what `vamen train` and `vamen demo` call.
public struct TrainingRun: Sendable {
  /// How often files are written.
  public struct Cadence: Sendable {
    /// Steps between checkpoints.
    public var checkpoint: Int
    /// Steps between previews; 0 for none.
    public var preview: Int

    /// Steps between files.
    public init(checkpoint: Int = 500, preview: Int = 2000) {
      self.checkpoint = checkpoint
      self.preview = preview
    }
  }

  /// How the run ended.
  public enum Ending: Sendable, Hashable {
    /// All steps are done.
    case finished
    /// It was asked to stop; a checkpoint holds the state.
    case stopped(step: Int)
  }

  /// Where the files are.
  public let folder: RunFolder
  /// What does the steps.
  public let trainer: Trainer
  private let choice: BackendChoice
  private let cadence: Cadence
  private let startStep: Int

  /// Makes or reopens a run folder and compiles the programs.
  public init(
    _ settings: TrainingSettings, data: BreakbeatDataset, folder path: String,
    resuming: Bool = false, choice: BackendChoice, cadence: Cadence = Cadence()
  ) async throws {
    self.cadence = cadence
    if resuming {
      folder = try RunFolder(resuming: path, settings: settings, data: data)
      let choice = choice.with(try folder.readTiles())
      self.choice = choice
      trainer = try Trainer(settings, data: data, choice: choice)
      startStep = try await Self.restore(trainer, from: folder, steps: settings.steps)
      try folder.adopt(settings: settings, data: data)
    } else {
      self.choice = choice
      // Compiled first: a device that refuses leaves no folder behind.
      trainer = try Trainer(settings, data: data, choice: choice)
      folder = try RunFolder(creating: path, settings: settings, data: data)
      try folder.writeTiles(of: choice.backend)
      startStep = 0
    }
    try folder.writeEnvironment(choice)
  }

  /// Brings a trainer to where the folder's run was; returns the steps done.
  ///
  /// A run that was killed before its first checkpoint begins again.
  private static func restore(
    _ trainer: Trainer, from folder: RunFolder, steps: Int
  ) async throws -> Int {
    let isThere = FileManager.default.fileExists(atPath:)
    guard isThere(folder.lastState) || isThere(folder.lastModel) else { return 0 }
    let state = try TrainingState(contentsOf: folder.lastState)
    guard state.step <= steps else {
      throw TrainingDataError(
        .invalidSettings, "\(folder.path) has done \(state.step) steps, more than \(steps)",
        remedy: "give at least as many --steps, or start a new run")
    }
    try await trainer.restore(state)
    return state.step
  }

  /// Runs to the end or until asked to stop.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked after every step; a checkpoint is written before returning.
  ///   - progress: Called after every step.
  public func run(
    shouldStop: @Sendable () -> Bool = { false }, progress: (TrainingReport) -> Void
  ) async throws -> Ending {
    let log = try MetricsLog(folder: folder.path, keepingStepsUpTo: startStep)
    var best = MetricsLog.reports(in: folder.path).compactMap(\.heldOutSquaredError).min()
    for try await report in trainer.reports() {
      var report = report
      let isLast = report.step == report.steps
      let stops = shouldStop()
      let isPreviewDue = isLast || (cadence.preview > 0 && report.step % cadence.preview == 0)
      let isCheckpointDue = isPreviewDue || stops || report.step % cadence.checkpoint == 0
      if isCheckpointDue {
        report.heldOutSquaredError = try await trainer.heldOutSquaredError()
        guard report.heldOutSquaredError?.isFinite ?? true else {
          throw await trainer.diverged("the held-out error after step \(report.step)")
        }
      }
      // The row first: resuming cuts off rows after the checkpoint, but cannot make missing ones.
      try log.append(report)
      if isCheckpointDue { try await writeCheckpoint(report, best: &best) }
      progress(report)
      if isPreviewDue { try await writePreview(step: report.step) }
      if stops && !isLast { return .stopped(step: report.step) }
    }
    // A run that was killed between its last checkpoint and the page.
    if !FileManager.default.fileExists(atPath: folder.page) {
      try await writePreview(step: await trainer.step)
    }
    return .finished
  }

  private func writeCheckpoint(_ report: TrainingReport, best: inout Double?) async throws {
    var paths = [folder.lastModel]
    if let error = report.heldOutSquaredError, error < best ?? .infinity {
      best = error
      paths.append(folder.bestModel)
    }
    try await trainer.writeModel(to: paths)
    // The state last: a run that is killed before goes on from the previous one.
    try await trainer.state().write(to: folder.lastState)
  }

  /// The same latents every time, through the code that `vamen sample` runs, and held-out
  /// pictures beside their reconstructions.
  private func writePreview(step: Int) async throws {
    let name = "step-" + String(repeating: "0", count: max(0, 6 - "\(step)".count)) + "\(step)"
    let path = "\(folder.path)/previews/\(name)"
    try makeFolder(path)
    let generator = try BreakbeatGenerator(ModelFile(contentsOf: folder.lastModel), choice: choice)
    let bars = generator.configuration.spectrogram.bars
    let pictures = try await generator.spectrograms(count: 8, seed: 7)
    let loops = try await generator.loops(of: Array(pictures.prefix(4)))
    let grid = IndexedImage.grid(of: pictures.map { $0.shades() }, columns: 4)
    try grid.writePNG(to: path + "/grid.png")

    var page = ListeningPage(title: "VAmEn: \(trainer.data.name), step \(step)")
    page.subtitle = "Loops drawn from the model after \(step) steps on \(trainer.device)."
    page.reports = MetricsLog.reports(in: folder.path)
    page.grid = try grid.png()
    var players: [ListeningPage.Loop] = []
    for (index, loop) in loops.enumerated() {
      let wave = try WaveFile.bytes(of: loop, bars: bars)
      try AtomicFile.write(wave, to: "\(path)/\(index).wav")
      players.append(
        .init(title: "Sample \(index)", wave: wave, picture: try pictures[index].shades().png()))
    }
    page.sections = [.init(title: "New breaks", loops: players)]
    try await writeReconstructions(to: path + "/reconstruction.png")
    try page.write(to: folder.page)
  }

  private func writeReconstructions(to path: String) async throws {
    let items = Array(trainer.data.heldOutIndices.prefix(4))
    guard !items.isEmpty else { return }
    let settings = trainer.data.settings
    let originals = items.map {
      SpectrogramImage(
        bands: settings.bands, frames: settings.frames, levels: trainer.data.pixels(of: $0))
    }
    let rows = originals + (try await trainer.reconstructions(of: items))
    try IndexedImage.grid(of: rows.map { $0.shades() }, columns: items.count).writePNG(to: path)
  }
}
