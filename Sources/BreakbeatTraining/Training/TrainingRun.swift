internal import Breakbeats
internal import SpectralAudio
internal import Synchronization
public import Tensors
internal import VulkanCompute

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A training run with everything around it: the run folder, metrics, checkpoints, previews, the
/// listening page; what `vamen train` and `vamen demo` call.
///
/// One process at a time has a run folder; it may be killed at any moment.
public final class TrainingRun: Sendable {
  /// How the run ended.
  public enum Ending: Sendable, Hashable {
    /// All steps are done.
    case finished
    /// It was asked to stop; a checkpoint holds the state.
    case stopped(step: Int)
  }

  /// Where the files are.
  public let folder: RunFolder
  /// What there is to say about a run that goes on, for example on another device, and about programs
  /// that were not compiled as tuned.
  public let notes: [String]

  private let settings: TrainingSettings
  private let data: BreakbeatDataset
  private let cadence: Cadence
  private let clock: RunClock
  /// Whether the device's limits allow previews.
  private let previews: Bool
  /// Opens the device again after it was lost, with less work at a time.
  private let reopen: (@Sendable () throws -> BackendChoice)?
  /// What does the steps; nothing while a lost device is opened again.
  private let session: Mutex<Session?>

  /// A trainer on a device.
  private struct Session {
    let trainer: Trainer
    let choice: BackendChoice

    /// Programs that were not compiled as tuned.
    var notes: [String] { (choice.backend as? VulkanBackend)?.notes ?? [] }
  }

  /// What does the steps.
  public var trainer: Trainer {
    guard let session = session.withLock({ $0 }) else { preconditionFailure("no device is open") }
    return session.trainer
  }

  /// Makes or reopens a run folder and compiles the programs.
  ///
  /// - Parameters:
  ///   - settings: What decides the run.
  ///   - data: The pictures.
  ///   - path: The run folder.
  ///   - resuming: Whether there is a run to go on with.
  ///   - choice: The device.
  ///   - cadence: What is written when.
  ///   - reopen: Opens the device again, to be handed less work at a time, after it was lost; `nil`
  ///     to stop then.
  ///   - prepared: Told what will do the steps before anything is written; what it throws ends it.
  /// - Throws: ``TrainingDataError`` for a folder that another process has, that holds another run
  ///   or none, or a checkpoint that is damaged.
  public convenience init(
    _ settings: TrainingSettings, data: BreakbeatDataset, folder path: String,
    resuming: Bool = false, choice: BackendChoice, cadence: Cadence = Cadence(),
    reopen: (@Sendable () throws -> BackendChoice)? = nil,
    prepared: (Trainer) throws -> Void = { _ in }
  ) async throws {
    try await self.init(
      settings, data: data, folder: path, resuming: resuming, choice: choice, cadence: cadence,
      reopen: reopen, prepared: prepared, clock: .system)
  }

  /// The same by clocks of one's own.
  package init(
    _ settings: TrainingSettings, data: BreakbeatDataset, folder path: String, resuming: Bool,
    choice: BackendChoice, cadence: Cadence,
    reopen: (@Sendable () throws -> BackendChoice)?,
    prepared: (Trainer) throws -> Void = { _ in }, clock: RunClock
  ) async throws {
    try cadence.check()
    (self.settings, self.data, self.cadence) = (settings, data, cadence)
    (self.reopen, self.clock) = (reopen, clock)
    var notes: [String] = []
    do {
      if resuming {
        folder = try RunFolder(resuming: path, settings: settings, data: data)
        if let change = folder.deviceChange(to: choice.backend) { notes.append(change) }
        if let note = try folder.unsuitableTiles(on: choice.backend) { notes.append(note) }
        let resumed = try await Self.resume(settings, data, folder, choice, clock)
        let trainer = resumed.trainer
        notes += resumed.notes
        session = Mutex(resumed)
        previews = try RunPreview.checkRoom(for: settings.model, on: choice.backend)
        try prepared(trainer)
        folder.removePartialFiles()
        // Killed between the last state and this, a run would keep one model too many.
        if cadence.keptCheckpoints > 0 { folder.removeModels(keeping: cadence.keptCheckpoints) }
        try folder.adopt(settings: settings, cadence: cadence, data: data)
      } else {
        // Compiled first: a device that refuses leaves no folder behind.
        let trainer = try Trainer(settings, data: data, choice: choice, clock: clock)
        previews = try RunPreview.checkRoom(for: settings.model, on: choice.backend)
        try prepared(trainer)
        folder = try RunFolder(
          creating: path, settings: settings, cadence: cadence, data: data, on: choice.backend)
        let new = Session(trainer: trainer, choice: choice)
        notes += new.notes
        session = Mutex(new)
      }
      self.notes = notes
      try folder.writeEnvironment(choice, precision: settings.precision)
    } catch {
      throw RunFolder.explained(error, in: path)
    }
  }

  /// A trainer that is where a folder's run was, to ask what the rest will take; nothing is written,
  /// and another process may have the folder.
  ///
  /// - Parameters: As for ``init(_:data:folder:resuming:choice:cadence:reopen:prepared:)``.
  /// - Throws: ``TrainingDataError`` where resuming would be refused.
  public static func trainer(
    resuming path: String, _ settings: TrainingSettings, data: BreakbeatDataset,
    choice: BackendChoice
  ) async throws -> Trainer {
    let folder = try RunFolder(reading: path, settings: settings, data: data)
    let trainer = try await resume(settings, data, folder, choice, .system).trainer
    try RunPreview.checkRoom(for: settings.model, on: choice.backend)
    return trainer
  }

  /// A trainer that is where the folder's run was. A run that was killed before its first state was
  /// written begins again; one that has lost its state is refused.
  private static func resume(
    _ settings: TrainingSettings, _ data: BreakbeatDataset, _ folder: RunFolder,
    _ choice: BackendChoice, _ clock: RunClock
  ) async throws -> Session {
    let choice = choice.with(try folder.readTiles())
    let trainer = try Trainer(settings, data: data, choice: choice, clock: clock)
    guard FileManager.default.fileExists(atPath: folder.lastState) else {
      if let trace = folder.traceOfSteps {
        throw TrainingDataError(
          .damagedCheckpoint,
          "\(folder.lastState) is missing, but the run has done steps: there is \(trace)",
          remedy: "restore that file, or start a new run in another folder")
      }
      return Session(trainer: trainer, choice: choice)
    }
    let state = try TrainingState(contentsOf: folder.lastState)
    try state.check(isOf: settings, data, path: folder.lastState)
    guard state.step <= settings.steps else {
      throw TrainingDataError(
        .invalidSettings,
        "\(folder.path) has done \(state.step) steps, more than \(settings.steps)",
        remedy: "give at least as many --steps, or start a new run")
    }
    let losses = MetricsLog.reports(in: folder.path).filter { $0.step <= state.step }
      .suffix(DivergenceGuard.memory).map(\.loss)
    try await trainer.restore(state, after: losses)
    return Session(trainer: trainer, choice: choice)
  }

  /// Runs to the end or until asked to stop.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked after every step; a checkpoint is written before returning.
  ///   - plan: Told memory and time before the first step, which costs a few steps; `nil` not to
  ///     measure.
  ///   - note: Told what happens besides steps.
  ///   - progress: Called after every step.
  /// - Throws: ``TrainingDataError`` when training diverged, the disk is full, the data set changed
  ///   or the device was lost for the second time; checkpoints are whole in any case.
  public func run(
    shouldStop: @Sendable () -> Bool = { false }, plan: ((RunPlan) -> Void)? = nil,
    note: (String) -> Void = { _ in }, progress: (TrainingReport) -> Void
  ) async throws -> Ending {
    do {
      if let plan {
        plan(try await RunPlan(measuring: trainer, shouldStop: shouldStop))
      } else if !previews {
        let needs = try RunPreview.possibleNeeds(settings.model, on: trainer.backend)
        note(RunPlan.withoutPreviews(needs.obstacle ?? "unknown"))
      }
      return try await steps(shouldStop: shouldStop, note: note, progress: progress)
    } catch let loss as VulkanError where loss.meansLostDevice {
      guard let reopen else { throw lost([loss]) }
      let step = await trainer.step
      note("Step \(step + 1): \(loss.message)")
      try await recover(from: loss, reopen)
      do {
        let start = await trainer.step
        note("Going on once from step \(start), with less work at a time")
        return try await steps(shouldStop: shouldStop, note: note, progress: progress)
      } catch let second as VulkanError where second.meansLostDevice {
        throw lost([loss, second])
      }
    }
  }

  /// Opens the device again and goes back to the last checkpoint. Another device than the one that
  /// was lost is refused: its numbers are others, and nobody asked for them.
  private func recover(
    from loss: VulkanError, _ reopen: @Sendable () throws -> BackendChoice
  ) async throws {
    let name = session.withLock { $0?.choice.backend.name }
    // What is left of the lost device goes first.
    session.withLock { $0 = nil }
    let choice: BackendChoice
    do {
      choice = try reopen()
    } catch {
      throw lost([loss], "it could not be opened again: \(error)")
    }
    guard choice.backend.name == name else {
      throw lost([loss], "opening it again found only \(choice.backend.name): \(choice.reason)")
    }
    do {
      let new = try await Self.resume(settings, data, folder, choice, clock)
      session.withLock { $0 = new }
      try folder.writeEnvironment(new.choice, precision: settings.precision)
    } catch let second as VulkanError where second.meansLostDevice {
      throw lost([loss, second])
    }
  }

  private func lost(_ errors: [VulkanError], _ more: String? = nil) -> TrainingDataError {
    let causes = errors.map { $0.cause.isEmpty ? $0.message : "\($0.message) (\($0.cause))" }
    return TrainingDataError(
      .deviceLost,
      "the device was lost" + (errors.count > 1 ? " twice: " : ": ")
        + (causes + [more].compactMap { $0 }).joined(separator: "; then: "),
      remedy: "the last checkpoint is good: look for a newer driver or a cooler card, and go on "
        + "with --resume and a smaller --submission-milliseconds, or with another --device")
  }

  /// Steps and files to the end; files that cannot be written are an error that says how to go on.
  private func steps(
    shouldStop: @Sendable () -> Bool, note: (String) -> Void, progress: (TrainingReport) -> Void
  ) async throws -> Ending {
    do {
      return try await writtenSteps(shouldStop: shouldStop, note: note, progress: progress)
    } catch {
      throw RunFolder.explained(error, in: folder.path)
    }
  }

  private func writtenSteps(
    shouldStop: @Sendable () -> Bool, note: (String) -> Void, progress: (TrainingReport) -> Void
  ) async throws -> Ending {
    guard let session = session.withLock({ $0 }) else {
      throw lost([], "it could not be opened again")
    }
    let trainer = session.trainer
    let start = await trainer.step
    let owed = try await owedCheckpoint(of: trainer, at: start)
    var files = try RunFiles(
      folder, trainer: trainer, choice: session.choice, cadence: cadence, previews: previews,
      start: start, judged: owed?.row, clock: clock)
    // The step of the last checkpoint; none before there is a model.
    var kept = start
    // From here on a folder without a state has lost it.
    if start == 0 { try await trainer.state().write(to: folder.lastState) }
    if let row = owed?.row {
      try await files.writeCheckpoint(row)
    } else if let owed {
      try await trainer.writeModel(to: [folder.lastModel], heldOutLoss: owed.heldOutLoss)
    }
    // A run that was killed while it wrote a preview.
    if start > 0, start == settings.steps || cadence.isPreviewDue(start),
      !folder.hasPreview(ofStep: start)
    {
      try await files.writePreview(step: start)
    }
    try files.writePage(step: start)
    while await trainer.step < settings.steps {
      try Task.checkCancellation()
      var unwritten: TrainingReport?
      do {
        var report = try await trainer.takeStep()
        unwritten = report
        let isLast = report.step == report.steps
        let stops = shouldStop()
        let isPreviewDue = isLast || cadence.isPreviewDue(report.step)
        let isCheckpointDue = isPreviewDue || stops || report.step % cadence.checkpoint == 0
        if isCheckpointDue, let errors = try await trainer.heldOutErrors() {
          (report.heldOutSquaredError, report.heldOutLoss) = errors
        }
        // The row first: resuming cuts off rows after the checkpoint, but cannot make missing ones.
        try files.log(report, always: isCheckpointDue)
        unwritten = nil
        if isCheckpointDue {
          try await files.writeCheckpoint(report)
          kept = report.step
        }
        progress(report)
        if isPreviewDue { try await files.writePreview(step: report.step) }
        if isCheckpointDue { try files.writePage(step: report.step) }
        if stops && !isLast { return .stopped(step: report.step) }
      } catch let error as TrainingDataError where error.code == .diverged {
        throw error.keepingCheckpoint(ofStep: kept)
      } catch let error as TrainingDataError where error.meansLostPictures {
        if let unwritten { try files.log(unwritten, always: true) }
        try files.write(try await trainer.state())
        throw TrainingDataError(
          error.code, error.message,
          remedy: "\(error.remedy) and go on with --resume from step \(await trainer.step)")
      }
    }
    return .finished
  }

  /// Where a run goes on from a step whose held-out pictures were lost when its checkpoint was due,
  /// there is a state of that step and no model: the row to write its checkpoint with, now that the
  /// pictures are back. Where it was killed in the next checkpoint, the last model may be of that one:
  /// what to write the model of this step with. `nil` where nothing is missing.
  private func owedCheckpoint(
    of trainer: Trainer, at step: Int
  ) async throws -> (row: TrainingReport?, heldOutLoss: Double?)? {
    let isDue =
      step == settings.steps || cadence.isPreviewDue(step) || step % cadence.checkpoint == 0
    let last = folder.stepOfLastModel
    guard step > 0, isDue, last != step else { return nil }
    var row = MetricsLog.reports(in: folder.path).last { $0.step == step }
    if let last, last > step { return (nil, row?.heldOutLoss) }
    let errors = try await trainer.heldOutErrors()
    row?.heldOutSquaredError = errors?.squaredError
    row?.heldOutLoss = errors?.loss
    return (row, errors?.loss)
  }
}

extension TrainingDataError {
  /// Whether pictures of the data set can no longer be read, which the weights do not suffer from.
  fileprivate var meansLostPictures: Bool {
    [.datasetChanged, .damagedDataset, .unreadable].contains(code)
  }

  /// The same with what there is of the run: the checkpoint of a step, 0 for none.
  fileprivate func keepingCheckpoint(ofStep step: Int) -> TrainingDataError {
    let kept = step > 0 ? "the checkpoint of step \(step) is kept" : "there is no checkpoint yet"
    return TrainingDataError(code, message, remedy: "\(kept); \(remedy)")
  }
}

extension VulkanError {
  /// Whether opening the device again may help.
  fileprivate var meansLostDevice: Bool { code == .deviceLost || code == .timedOut }
}
