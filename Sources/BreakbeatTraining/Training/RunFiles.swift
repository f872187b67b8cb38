internal import Breakbeats
internal import SpectralAudio
internal import Tensors

/// Writes the files of a run while it goes on: metrics, events, checkpoints, previews, the page.
struct RunFiles {
  private let folder: RunFolder
  private let trainer: Trainer
  private let choice: BackendChoice
  private let cadence: TrainingRun.Cadence
  /// Whether previews can be drawn.
  private let previews: Bool
  private let metrics: MetricsLog
  private let events: EventFiles
  private var history = RunHistory()

  /// Opens the files of a run that has done some steps: what they hold of later ones is cut off.
  ///
  /// - Parameters:
  ///   - start: The last step whose rows stay.
  ///   - row: Its row, if only now its held-out loss is known: takes the place of the one there is.
  init(
    _ folder: RunFolder, trainer: Trainer, choice: BackendChoice, cadence: TrainingRun.Cadence,
    previews: Bool = true, start: Int, judged row: TrainingReport? = nil, clock: RunClock
  ) throws {
    self.folder = folder
    self.trainer = trainer
    self.choice = choice
    self.cadence = cadence
    self.previews = previews
    metrics = try MetricsLog(
      folder: folder.path, precision: trainer.precision, keepingStepsUpTo: start, replacing: row)
    // A preview that was not finished is written again, its events too.
    events = try EventFiles(
      run: folder.path, after: start, keepingPreview: folder.hasPreview(ofStep: start), clock: clock
    )
    for report in MetricsLog.reports(in: folder.path) { history.append(report) }
    bestLoss = folder.bestLoss(upTo: start)
    if let row {
      try events.append(step: row.step, row.scalars.filter { $0.tag.hasPrefix("held_out/") })
      judge(row)
    }
  }

  /// Takes down a step, if it is one of those that are.
  mutating func log(_ report: TrainingReport, always: Bool) throws {
    guard always || report.step == 1 || report.step % cadence.log == 0 else { return }
    try metrics.append(report)
    try events.append(step: report.step, report.scalars)
    history.append(report)
    judge(report)
  }

  /// Compares the held-out loss of a step, if it has one, with those before.
  private mutating func judge(_ report: TrainingReport) {
    guard let loss = report.heldOutLoss else { return }
    isBest = loss <= min(history.bestLoss ?? loss, bestLoss ?? loss)
  }

  /// The held-out loss of the best model when the run went on, should its row be lost.
  private let bestLoss: Double?

  /// Whether the last held-out loss was the smallest so far.
  private var isBest = false

  /// Writes the models and the state of a step.
  func writeCheckpoint(_ report: TrainingReport) async throws {
    var paths = [folder.lastModel]
    if isBest { paths.append(folder.bestModel) }
    let isKept = cadence.keptCheckpoints > 0 && report.step % cadence.checkpoint == 0
    if isKept { paths.append(folder.model(ofStep: report.step)) }
    let state = try await trainer.soundState()
    try await trainer.writeModel(to: paths, heldOutLoss: report.heldOutLoss)
    try write(state)
    if isKept { folder.removeModels(keeping: cadence.keptCheckpoints) }
  }

  /// Writes the state, last of all: a run that is killed before goes on from the previous one. Rows
  /// and events are on the disk before it.
  func write(_ state: TrainingState) throws {
    try metrics.synchronize()
    try events.synchronize()
    try state.write(to: folder.lastState)
  }

  /// Writes what the model of a step draws and reconstructs, where the device can draw.
  func writePreview(step: Int) async throws {
    guard previews else { return }
    let preview = try await RunPreview(
      of: folder.lastModel, data: trainer.data, choice: choice, step: step)
    try preview.write(to: folder.preview(ofStep: step), events: events)
  }

  /// Writes the page anew.
  func writePage(step: Int) throws {
    try RunPage(
      folder: folder, name: trainer.data.name, device: trainer.device, step: step,
      curves: history.curves
    ).write()
  }
}

extension TrainingReport {
  /// What TensorBoard shows as curves.
  package var scalars: [(tag: String, value: Event.Value)] {
    let values: [(String, Double?)] = [
      ("training/loss", loss), ("training/squared_error", squaredError),
      ("training/kl", divergence), ("training/active_latents", Double(activeLatents)),
      ("training/gradient_norm", gradientNorm), ("training/loss_scale", lossScale),
      ("held_out/squared_error", heldOutSquaredError), ("held_out/loss", heldOutLoss),
      ("schedule/kl_weight", divergenceWeight), ("schedule/learning_rate", learningRate),
      ("speed/images_per_second", imagesPerSecond),
    ]
    return values.compactMap { tag, value in value.map { (tag, .number($0)) } }
  }
}
