internal import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
internal import Tensors
internal import VulkanCompute

/// A step in parts that fit where the whole batch does not, with the same result up to rounding.
///
/// The loss takes the logarithm of the mean squared error of the *whole* batch, so its gradient is
/// no sum over parts until that mean is known. Three programs:
///
/// 1. *sums*, for every part: squared error and divergences, added up in variables;
/// 2. *gradients*, for every part: the loss's slope by each sum times the part's sums, backwards,
///    added up in one variable per parameter;
/// 3. *update*, once: the loss from the sums, the optimizer from the gradients.
///
/// The first pass costs a forward pass more, a third of a step. See
/// `Docs/Decisions/0006-micro-batches.md`.
final class MicroBatchStep: TrainingStep {
  private let trained: TrainedModel
  private let expression: MicroBatchExpression
  private let optimizer: OptimizerStep
  private let sums, gradients, update: Program
  private var pictures: [Float]

  init(
    _ trained: TrainedModel, microBatchSize: Int,
    optimizer makeStep: ([Tensor]) throws -> OptimizerStep, options: CompileOptions = .init()
  ) throws {
    self.trained = trained
    expression = try MicroBatchExpression(trained, size: microBatchSize)
    optimizer = try makeStep(expression.accumulators.map { Tensor($0) })
    let backend = trained.backend
    pictures = [Float](
      repeating: 0, count: trained.pictureShape(trained.settings.batchSize).count)
    sums = try Program(
      outputs: [], updates: expression.sumUpdates, on: backend, label: "sums of a micro-batch",
      precision: trained.settings.precision, options: options)
    gradients = try Program(
      outputs: [], updates: expression.gradientUpdates, on: backend,
      label: "gradients of a micro-batch", precision: trained.settings.precision,
      options: options)
    update = try Program(
      outputs: expression.outputs + trained.optimizerOutputs(optimizer),
      updates: optimizer.updates, on: backend, label: "update by micro-batches", options: options)
  }

  var programs: [(program: Program, runs: Int)] {
    [(sums, expression.parts), (gradients, expression.parts), (update, 1)]
  }

  func prepare(_ fill: (inout [Float]) throws -> Void) throws { try fill(&pictures) }

  /// Starts every part in turn: the next one's pictures go up while the device works.
  func start(_ numbers: StepNumbers) throws -> () throws -> StepResult {
    for program in [sums, gradients] {
      for part in 0..<expression.parts {
        try set(part, numbers, in: program)
        _ = try program.start()
      }
    }
    try update.set(expression.weight, to: [Float(numbers.divergenceWeight)])
    try update.set(
      optimizer.numbers,
      to: optimizer.values(at: numbers.step, learningRate: numbers.learningRate))
    let (run, trained, loss, optimizer) = (
      try update.start(), trained, expression.loss, optimizer
    )
    return { try trained.result(of: run, loss, optimizer) }
  }

  /// Pictures and noise of one part; a last part that is short is filled up with pictures from the
  /// start of the batch that do not count.
  private func set(
    _ part: Int, _ numbers: StepNumbers, in program: Program
  ) throws {
    let (size, batchSize) = (expression.size, trained.settings.batchSize)
    let length = trained.settings.model.spectrogram.pixelCount
    let first = part * size
    let present = min(size, batchSize - first)
    var values = Array(pictures[first * length..<(first + present) * length])
    values += pictures.prefix((size - present) * length)
    try program.set(expression.pictures, to: values)
    let position = UInt32(first * trained.settings.model.latentCount)
    try program.set(
      expression.key, toWords: trained.noiseKey(step: numbers.step) + [position])
    try program.set(expression.isFirst, to: [part == 0 ? 1 : 0])
    try program.set(expression.weight, to: [Float(numbers.divergenceWeight)])
    if let shares = expression.shares {
      try program.set(shares, to: (0..<size).map { $0 < present ? 1 : 0 })
    }
  }
}

/// Inputs, variables and updates of a step in parts.
struct MicroBatchExpression {
  /// Pictures of a part, and the number of parts.
  let size, parts: Int
  let pictures, key, weight, isFirst: Tensor
  /// 1 for pictures that count; `nil` when every part is full.
  let shares: Tensor?
  /// One per parameter.
  let accumulators: [Variable]
  /// What the sums of all parts are added up in.
  let sumVariables: [Variable]
  let sumUpdates, gradientUpdates: [Update]
  let loss: (total: Tensor, squaredError: Tensor, divergence: Tensor, divergences: Tensor)

  init(_ trained: TrainedModel, size: Int) throws {
    let (model, batchSize) = (trained.model, trained.settings.batchSize)
    self.size = size
    parts = (batchSize + size - 1) / size
    pictures = .input(trained.pictureShape(size), name: "pictures")
    key = .input([5], elementType: .uint32, name: "random key")
    weight = .input([], name: "divergence weight")
    isFirst = .input([], name: "is first")
    shares = batchSize % size == 0 ? nil : .input([size], name: "shares")

    let sums = model.lossSums(
      pictures, noise: randomNormal(trained.latentShape(size), key: key), shares: shares)
    let variable = { (name: String, shape: Shape) in
      try Variable(
        [Float](repeating: 0, count: shape.count), shape: shape, name: name, on: trained.backend)
    }
    sumVariables = try zip(["sum of squared errors", "sums of divergences"], sums.all).map {
      try variable($0, $1.shape)
    }
    let totals = sumVariables.map { Tensor($0) }
    loss = model.loss(
      of: .init(squaredError: totals[0], divergences: totals[1]), count: batchSize,
      weight: weight, freeNats: trained.settings.freeNats)
    let first = isFirst
    sumUpdates = zip(sumVariables, sums.all).map {
      Update(Accumulate(), of: [$0], from: [$1, first])
    }

    accumulators = try trained.parameters.trained.map {
      try variable("\($0.name).gradient", $0.shape)
    }
    let slopes = loss.total.gradients(withRespectTo: totals)
    let part = zip(sums.all, slopes).map { ($0 * $1).sum() }.reduce(.constant(0), +)
    gradientUpdates = zip(accumulators, trained.gradients(of: part)).map {
      Update(Accumulate(), of: [$0], from: [$1, first])
    }
  }

  var outputs: [Tensor] { [loss.total, loss.squaredError, loss.divergence, loss.divergences] }
}
