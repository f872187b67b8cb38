public import Breakbeats
internal import SpectralAudio
public import Tensors
internal import NeuralNetworks
package import VulkanCompute

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Trains a model on a data set, step by step.
///
/// ```swift
/// let breaks = try BreakbeatDataset(contentsOf: "breaks.vamen")
/// let trainer = try Trainer(.full, data: breaks, seed: 1)
/// for try await report in trainer.epochs(100) { print(report) }
/// ```
///
/// A step's pictures, noise and learning rate are pure functions of the settings and the step's
/// number; the weights and the optimizer's moments are all the state there is. So a run that goes
/// on from a ``TrainingState`` is the run that was never interrupted, bit for bit on one device.
public actor Trainer {
  /// What decides the run.
  public private(set) var settings: TrainingSettings
  /// The pictures.
  public nonisolated let data: BreakbeatDataset
  /// The device in use and why it was chosen.
  public nonisolated let device: String
  /// What a step costs.
  public nonisolated let report: ProgramReport
  /// A step in Graphviz's language.
  public nonisolated let graphviz: String
  /// Steps done.
  public private(set) var step = 0

  let program: TrainingProgram
  private let order: PictureOrder
  /// The step whose pictures have been handed over.
  private var preparedStep: Int?
  private var evaluated: [Float]
  private var speed = SpeedMeter()
  private var divergence = DivergenceGuard()
  private let clock: RunClock
  nonisolated let backend: any Backend
  /// How steps store feature maps.
  nonisolated let precision: Precision
  /// Bytes that the device had free before.
  nonisolated let freeByteCount: Int
  /// What is known of the training pictures; the first checkpoint measures them.
  var survey: LatentSurvey?

  /// A trainer with a preset's recommended settings, on the best device there is.
  ///
  /// `device` is `cpu`, the number of a Vulkan device or a part of its name.
  public init(
    _ preset: BreakbeatVAE.Preset, data: BreakbeatDataset, seed: UInt64, device: String? = nil
  ) throws {
    var settings = TrainingSettings(preset, steps: 1, seed: seed)
    settings.model.spectrogram = data.settings
    settings.steps = settings.stepsPerEpoch(items: data.trainingIndices.count) * 100
    try self.init(settings, data: data, choice: BackendChoice(matching: device))
  }

  /// A trainer with all settings given.
  ///
  /// - Throws: ``TrainingDataError`` when the data set's pictures are not the model's, and what the
  ///   device has to say about memory.
  public init(
    _ settings: TrainingSettings, data: BreakbeatDataset, choice: BackendChoice
  ) throws {
    try self.init(settings, data: data, choice: choice, clock: .system)
  }

  /// A trainer that measures time by clocks of one's own, or whose steps are measured.
  package init(
    _ settings: TrainingSettings, data: BreakbeatDataset, choice: BackendChoice, clock: RunClock,
    options: CompileOptions = .init()
  ) throws {
    try settings.check(against: data)
    self.settings = settings
    self.data = data
    self.clock = clock
    backend = choice.backend
    precision = settings.precision
    freeByteCount = choice.backend.availableByteCount
    device = "\(choice.backend.name): \(choice.reason)"
    try choice.backend.check(settings.precision)
    program = try settings.advising(on: choice.backend) {
      try settings.checkMemory(on: choice.backend)
      return try TrainingProgram(settings, on: choice.backend, options: options)
    }
    report = program.report
    graphviz = program.graphviz
    order = PictureOrder(
      items: data.trainingIndices, batchSize: settings.batchSize, seed: settings.seed)
    evaluated = [Float](
      repeating: 0,
      count: settings.evaluationBatchSize * settings.model.spectrogram.pixelCount)
  }

  /// Runs one step.
  ///
  /// - Throws: ``TrainingDataError`` of code `diverged` when the loss is no longer a number or far
  ///   above its running median (see `DivergenceGuard`), of code `datasetChanged` when the data
  ///   set can no longer be read.
  public func takeStep() throws -> TrainingReport {
    let start = clock.seconds()
    if preparedStep != step { try prepare(step) }
    let learningRate = settings.learningRate(at: step)
    let divergenceWeight = settings.divergenceWeight(at: step)
    let finish = try program.start(
      StepNumbers(step: step, learningRate: learningRate, divergenceWeight: divergenceWeight))
    preparedStep = nil
    // While the device works. What goes wrong here goes wrong again when the step is taken.
    if step + 1 < settings.steps { try? prepare(step + 1) }
    let result = try finish()
    if let problem = divergence.problem(with: result.loss) {
      throw diverged("the loss of step \(step + 1) \(problem)")
    }
    if result.isSkipped, let scale = result.lossScale, scale <= 1 {
      throw diverged("gradients of step \(step + 1) are no numbers, even of the unscaled loss")
    }
    let norm = try checkedNorm(result.gradientNorm, isSkipped: result.isSkipped)
    step += 1
    let seconds = max(0, clock.seconds() - start)
    return TrainingReport(
      step: step, steps: settings.steps, loss: result.loss, squaredError: result.squaredError,
      divergence: result.divergence,
      activeLatents: result.divergences.count { $0 > 0.01 },
      latentCount: result.divergences.count, divergenceWeight: divergenceWeight,
      learningRate: learningRate,
      imagesPerSecond: Double(settings.batchSize) / speed.average(adding: seconds),
      seconds: seconds, gradientNorm: norm, lossScale: result.lossScale,
      isSkipped: result.lossScale.map { _ in result.isSkipped })
  }

  /// A step's norm of gradients, nothing where its squares were beyond float32: such a step, and one
  /// that loss scaling skips, changed nothing.
  private func checkedNorm(_ norm: Double?, isSkipped: Bool) throws -> Double? {
    guard let norm, !norm.isFinite else { return norm }
    if norm.isNaN && !isSkipped {
      throw diverged("the gradients of step \(step + 1) are not numbers")
    }
    return nil
  }

  /// Seconds from the first kernel of the last step to the end of its last, by the device's clock;
  /// compiled with `CompileOptions.groupTimestamps`.
  func deviceSeconds() throws -> Double { try program.activity().spanSeconds }

  /// Hands over the pictures of a step before it starts.
  private func prepare(_ step: Int) throws {
    try program.prepare { try data.readPixels(of: order.items(at: step), into: &$0) }
    preparedStep = step
  }

  /// The time of a step, measured on steps that are then taken back.
  ///
  /// - Parameters:
  ///   - limit: Seconds after which no further step is begun.
  ///   - shouldStop: Asked between steps.
  func measuredSecondsPerStep(
    limit: Double = 5, shouldStop: @Sendable () -> Bool = { false }
  ) throws -> Double {
    let (state, divergence) = (try state(), divergence)
    defer { self.divergence = divergence }
    let begin = clock.seconds()
    var times: [Double] = []
    repeat {
      do {
        times.append(try takeStep().seconds)
      } catch let error as TrainingDataError where error.code == .diverged {
        // The run itself will say so, with everything around it.
        break
      }
    } while times.count < 4 && clock.seconds() - begin < limit && !shouldStop()
    try restore(state)
    // The first steps of a program are slower than those that follow.
    return times.min() ?? 0
  }

  /// The error of a run that has gone wrong.
  func diverged(_ what: String) -> TrainingDataError {
    TrainingDataError(
      .diverged, "\(what): training diverged",
      remedy: "start again with a lower --learning-rate (now "
        + "\(settings.learningRate)), a longer --warm-up (now \(settings.warmUpSteps) steps) or "
        + "--clip-norm 1, and look for broken pictures with `vamen inspect --verify`")
  }

  /// Mean squared error of held-out pictures, reconstructed from their most likely latents;
  /// `nil` when the data set holds none out.
  public func heldOutSquaredError() throws -> Double? { try heldOutErrors()?.squaredError }

  /// Mean squared error of up to 128 held-out pictures, reconstructed from their most likely latents,
  /// and their loss: ½ (ln MSE + 1) + (β/D)·KL with the divergence's full weight, so that losses of
  /// different steps compare. `nil` when the data set holds none out.
  public func heldOutErrors() throws -> (squaredError: Double, loss: Double)? {
    let items = data.heldOutIndices.prefix(128)
    guard !items.isEmpty else { return nil }
    var (squares, divergence) = (0.0, 0.0)
    for batch in batches(of: Array(items)) {
      try data.readPixels(of: batch, into: &evaluated)
      for error in try program.errors(of: evaluated).prefix(batch.count) {
        squares += error.squaredError / Double(items.count)
        divergence += error.divergence / Double(items.count)
      }
    }
    let loss = (log(squares) + 1) / 2 + settings.divergenceWeight * divergence
    // Not a number where a latent is none.
    guard squares.isFinite && divergence.isFinite else {
      throw diverged("the held-out error after step \(step) is not a number")
    }
    return (squares, loss)
  }

  /// Pictures as the model reconstructs them.
  public func reconstructions(of items: [Int]) throws -> [SpectrogramImage] {
    var images: [SpectrogramImage] = []
    for batch in batches(of: items) {
      try data.readPixels(of: batch, into: &evaluated)
      let levels = try program.reconstructions(of: evaluated)
      let length = settings.model.spectrogram.pixelCount
      for index in batch.indices {
        images.append(
          SpectrogramImage(
            bands: settings.model.bands, frames: settings.model.frames,
            levels: Array(levels[index * length..<(index + 1) * length])))
      }
    }
    return images
  }

  /// The Gaussian that the latents of training pictures follow, from at most `limit` of them.
  public func fittedLatents(limit: Int = 1024) throws -> LatentGaussian {
    let latents = try trainingLatents(limit: limit)
    return try LatentGaussian(fittingMeans: latents.means, variances: latents.variances)
  }

  /// Means and variances of the latents of at most `limit` training pictures.
  func trainingLatents(limit: Int) throws -> (means: [[Float]], variances: [[Float]]) {
    var means: [[Float]] = []
    var variances: [[Float]] = []
    for batch in batches(of: Array(data.trainingIndices.prefix(limit))) {
      try data.readPixels(of: batch, into: &evaluated)
      let latents = try program.latents(of: evaluated)
      means += latents.means.prefix(batch.count)
      variances += latents.variances.prefix(batch.count)
    }
    // Before anything is written: a checkpoint never holds weights that are not numbers.
    guard (means + variances).allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw diverged("a latent after step \(step) is not a number")
    }
    return (means, variances)
  }

  func batches(of items: [Int]) -> [[Int]] {
    stride(from: 0, to: items.count, by: settings.evaluationBatchSize).map {
      Array(items[$0..<min($0 + settings.evaluationBatchSize, items.count)])
    }
  }

  /// Everything that a later run needs to go on from here.
  public func state() throws -> TrainingState {
    TrainingState(
      step: step, tensors: try program.state(), losses: divergence.losses,
      origin: TrainingState.Origin(seed: settings.seed, data: data.digest))
  }

  /// The state for a checkpoint, which never holds weights that are no numbers.
  func soundState() throws -> TrainingState {
    let state = try state()
    for tensor in state.tensors where !tensor.values.allSatisfy(\.isFinite) {
      throw diverged("\(tensor.name) after step \(step) is not a number")
    }
    return state
  }

  /// Goes on from a state of a run with the same settings.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - losses: Of the steps before it, for noticing when training goes wrong, where the state is of
  ///     an earlier version that holds none.
  public func restore(_ state: TrainingState, after losses: [Double] = []) throws {
    try program.restore(state.tensors)
    step = state.step
    preparedStep = nil
    divergence = DivergenceGuard(after: state.losses.isEmpty ? losses : state.losses)
  }

  /// Writes the model as it is now, with the distribution of its training latents.
  public func writeModel(to path: String) throws { try writeModel(to: [path]) }

  /// Writes the model to several files, with its held-out loss where that was measured.
  func writeModel(to paths: [String], heldOutLoss: Double? = nil) throws {
    let (means, variances) = try trainingLatents(limit: 1024)
    let latents = try LatentGaussian(fittingMeans: means, variances: variances)
    let description = try latentDescription(means: means, variances: variances)
    var provenance = [
      "data": data.digest, "name": data.name, "seed": "\(settings.seed)", "steps": "\(step)",
      "version": vamenVersion,
    ]
    provenance["heldOutLoss"] = heldOutLoss.map { "\($0)" }
    for path in paths {
      try ModelFile.write(
        settings.model, variables: program.variables, latents: latents,
        description: description, provenance: provenance, to: path)
    }
  }

  /// Changes the number of steps of the whole run, and with it the schedules.
  public func plan(steps: Int) {
    precondition(steps > 0, "a run of \(steps) steps")
    settings.steps = steps
  }
}

extension Trainer {
  /// Trains for a number of passes over the data set.
  public nonisolated func epochs(_ count: Int) -> Reports {
    Reports(trainer: self, epochs: count)
  }

  /// The remaining steps of the run.
  public nonisolated func reports() -> Reports { Reports(trainer: self, epochs: nil) }

  /// A run as a sequence of reports, one per step; cancel the task to stop it.
  public struct Reports: AsyncSequence {
    /// What the sequence yields.
    public typealias Element = TrainingReport
    let trainer: Trainer
    let epochs: Int?

    /// Starts at the trainer's present step.
    public func makeAsyncIterator() -> Iterator { Iterator(trainer: trainer, epochs: epochs) }

    /// Takes one step for each report.
    public struct Iterator: AsyncIteratorProtocol {
      let trainer: Trainer
      var epochs: Int?

      /// The next step's report; `nil` at the end of the run.
      public mutating func next() async throws -> TrainingReport? {
        try Task.checkCancellation()
        if let count = epochs.take() {
          let settings = await trainer.settings
          let items = trainer.data.trainingIndices.count
          await trainer.plan(steps: settings.stepsPerEpoch(items: items) * count)
        }
        guard await trainer.step < trainer.settings.steps else { return nil }
        return try await trainer.takeStep()
      }
    }
  }
}

/// The mean duration of the last steps.
private struct SpeedMeter {
  private var average = 0.0

  mutating func average(adding seconds: Double) -> Double {
    average = average == 0 ? seconds : 0.9 * average + 0.1 * seconds
    return max(average, 1e-9)
  }
}
