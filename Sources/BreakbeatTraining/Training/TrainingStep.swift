internal import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
internal import Tensors
internal import VulkanCompute

/// What a step reports.
struct StepResult {
  var loss: Double
  var squaredError: Double
  var divergence: Double
  /// By latent number.
  var divergences: [Float]
  /// The norm of all gradients together before clipping; `nil` where nothing is clipped.
  var gradientNorm: Double?
  /// What the loss was multiplied by; `nil` in float32.
  var lossScale: Double?
  /// Whether the gradients overflowed, so that the step changed nothing but the scale.
  var isSkipped = false
}

/// The numbers that change from step to step.
struct StepNumbers {
  /// The step, counted from 0.
  var step: Int
  var learningRate: Double
  /// β/D.
  var divergenceWeight: Double
}

/// The compiled programs of one optimizer step.
///
/// ```swift
/// try step.prepare(first)
/// let finish = try step.start(numbers)
/// try step.prepare(second)                 // while the device works on the first
/// let result = try finish()
/// ```
protocol TrainingStep: AnyObject {
  /// Takes over the pictures of the next step: `fill` writes them, [batch, bands, frames].
  func prepare(_ fill: (inout [Float]) throws -> Void) throws
  /// Starts a step with the prepared pictures; what it returns waits for the results.
  func start(_ numbers: StepNumbers) throws -> () throws -> StepResult
  /// The programs, by name, with how often a step runs each.
  var programs: [(program: Program, runs: Int)] { get }
}

/// What is trained: the parameters, the model they make and the optimizer's rule.
struct TrainedModel {
  let parameters: Parameters
  let model: BreakbeatVAE
  /// The moving averages of the parameters, where there are any.
  let averages: Parameters?
  /// The model that is evaluated and written: that of the averages, where there are any.
  let evaluatedModel: BreakbeatVAE
  let settings: TrainingSettings
  /// Keeps gradients within the range of half precision, where the settings ask for that.
  let scaling: LossScaling?

  /// Fresh parameters of the settings' seed.
  init(
    _ settings: TrainingSettings, from source: any ParameterSource, on backend: any Backend,
    scaling rule: LossScaling.Rule = .init()
  ) throws {
    self.settings = settings
    parameters = Parameters(from: source, on: backend)
    model = try BreakbeatVAE(settings.model, parameters)
    try parameters.validate()
    scaling = settings.precision == .mixed ? try LossScaling(rule, on: backend) : nil
    guard settings.averageDecay > 0 else {
      (averages, evaluatedModel) = (nil, model)
      return
    }
    // Equal values to begin with: a parameter's start is a function of its name.
    let averages = Parameters(from: source, on: backend)
    evaluatedModel = try BreakbeatVAE(settings.model, averages)
    self.averages = averages
  }

  var backend: any Backend { parameters.backend }

  /// The variables of the model that is evaluated and written.
  var evaluatedVariables: [Variable] { (averages ?? parameters).variables }

  /// AdamW with clipping and averages as the settings say.
  func optimizerStep(_ gradients: [Tensor]) throws -> OptimizerStep {
    let rule = AdamW(
      firstDecay: settings.firstDecay, secondDecay: settings.secondDecay,
      epsilon: settings.epsilon, weightDecay: settings.weightDecay, decaysVectors: false,
      averageDecay: settings.averageDecay)
    return try rule.step(
      for: parameters.trained, gradients: gradients, clippingNormTo: settings.gradientNormLimit,
      clippingSpikesBeyond: settings.gradientSpikeLimit, averages: averages?.trained ?? [],
      scaling: scaling)
  }

  /// The gradients of a loss by all parameters, multiplied by the scale where there is one.
  func gradients(of loss: Tensor) -> [Tensor] {
    (scaling.map { loss * $0.factor } ?? loss).gradients(withRespectTo: trained)
  }

  /// What is read of the optimizer's step: the norm of the gradients, where it is known anyway, the
  /// scale of the loss and whether the step counted.
  func optimizerOutputs(_ optimizer: OptimizerStep) -> [Tensor] {
    (isNormKnown ? [optimizer.gradientNorm] : [])
      + [scaling?.factor, optimizer.isUsable].compactMap(\.self)
  }

  private var isNormKnown: Bool { settings.isClipping || scaling != nil }

  /// What a step computes of its loss.
  typealias LossTensors = (
    total: Tensor, squaredError: Tensor, divergence: Tensor, divergences: Tensor
  )

  /// What a run of a step's last program says.
  func result(
    of run: ProgramRun, _ loss: LossTensors, _ optimizer: OptimizerStep
  ) throws -> StepResult {
    let number = { (tensor: Tensor) in Double(try run.values(of: tensor)[0]) }
    let isSkipped = try optimizer.isUsable.map { try number($0) == 0 } ?? false
    return StepResult(
      loss: try number(loss.total), squaredError: try number(loss.squaredError),
      divergence: try number(loss.divergence), divergences: try run.values(of: loss.divergences),
      gradientNorm: isNormKnown && !isSkipped ? try number(optimizer.gradientNorm) : nil,
      lossScale: try scaling.map { try number($0.factor) }, isSkipped: isSkipped)
  }

  /// The parameters as expressions.
  var trained: [Tensor] { parameters.trained.map { Tensor($0) } }

  func pictureShape(_ count: Int) -> Shape {
    [count, 1, settings.model.bands, settings.model.frames]
  }

  func latentShape(_ count: Int) -> Shape {
    [count, settings.model.latentSize, 1, settings.model.columns]
  }

  /// The words that a step's noise is drawn by: seed, a stream of its own, step.
  func noiseKey(step: Int) -> [UInt32] {
    let seed = settings.seed
    return [
      UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), 0x6e_6f69,
      UInt32(truncatingIfNeeded: step),
    ]
  }
}

extension TrainedModel {
  /// Compiles a step, in parts if the settings say so.
  ///
  /// - Returns: The step, and the optimizer's variables without the averages.
  func makeStep(
    options: CompileOptions = .init()
  ) throws -> (step: any TrainingStep, state: [Variable]) {
    var state: [Variable] = []
    let makeOptimizer = { (gradients: [Tensor]) in
      let step = try optimizerStep(gradients)
      state = step.state
      return step
    }
    let step: any TrainingStep =
      if let size = settings.partialBatchSize {
        try MicroBatchStep(
          self, microBatchSize: size, optimizer: makeOptimizer, options: options)
      } else {
        try WholeBatchStep(self, optimizer: makeOptimizer, options: options)
      }
    return (step, state)
  }
}

extension TrainingStep {
  /// What a step costs: the work of all runs; memory of all programs together.
  var report: ProgramReport { programs.report }
}

extension Array where Element == (program: Program, runs: Int) {
  /// The work of all runs, and the memory of all programs.
  var report: ProgramReport {
    reduce(into: ProgramReport()) { $0.add($1.program.report, runs: $1.runs) }
  }
}
