internal import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
internal import Tensors
internal import VulkanCompute

/// A step in one program: gradients die where their parameter is updated.
final class WholeBatchStep: TrainingStep {
  private let trained: TrainedModel
  private let optimizer: OptimizerStep
  private let program: Program
  private let pictures, key, weight: Tensor
  private let loss: BreakbeatVAE.Loss
  /// The pictures on their way; nothing until there are some.
  private var values: [Float] = []

  init(
    _ trained: TrainedModel, optimizer makeStep: ([Tensor]) throws -> OptimizerStep,
    options: CompileOptions = .init()
  ) throws {
    self.trained = trained
    let expression = WholeBatchExpression(trained)
    (pictures, key, weight) = (expression.pictures, expression.key, expression.weight)
    loss = expression.loss
    optimizer = try makeStep(trained.gradients(of: loss.total))
    program = try Program(
      outputs: expression.outputs + trained.optimizerOutputs(optimizer),
      updates: optimizer.updates, on: trained.backend, label: TrainingProgram.stepLabel,
      precision: trained.settings.precision, options: options)
  }

  var programs: [(program: Program, runs: Int)] { [(program, 1)] }

  func prepare(_ fill: (inout [Float]) throws -> Void) throws {
    if values.isEmpty { values = [Float](repeating: 0, count: pictures.shape.count) }
    try fill(&values)
    try program.set(pictures, to: values)
  }

  func start(_ numbers: StepNumbers) throws -> () throws -> StepResult {
    try program.set(weight, to: [Float(numbers.divergenceWeight)])
    try program.set(key, toWords: trained.noiseKey(step: numbers.step))
    try program.set(
      optimizer.numbers,
      to: optimizer.values(at: numbers.step, learningRate: numbers.learningRate))
    let (run, trained, optimizer) = (try program.start(), trained, optimizer)
    let loss = (loss.total, loss.squaredError, loss.divergence, loss.divergences)
    return { try trained.result(of: run, loss, optimizer) }
  }
}

/// Inputs and loss of a whole batch.
struct WholeBatchExpression {
  let pictures, key, weight: Tensor
  let loss: BreakbeatVAE.Loss

  init(_ trained: TrainedModel) {
    let count = trained.settings.batchSize
    pictures = .input(trained.pictureShape(count), name: "pictures")
    key = .input([4], elementType: .uint32, name: "random key")
    weight = .input([], name: "divergence weight")
    loss = trained.model.loss(
      pictures, noise: randomNormal(trained.latentShape(count), key: key), weight: weight,
      freeNats: trained.settings.freeNats)
  }

  var outputs: [Tensor] { [loss.total, loss.squaredError, loss.divergence, loss.divergences] }
}
