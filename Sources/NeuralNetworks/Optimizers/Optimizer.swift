public import Tensors

/// A rule that changes parameters by their gradients.
///
/// An optimizer is a value without state; ``step(for:gradients:clippingNormTo:)`` makes the state
/// and the updates once, for a program that then runs many times:
///
/// ```swift
/// let gradients = loss.gradients(withRespectTo: parameters.trained.map { Tensor($0) })
/// let step = try AdamW().step(for: parameters.trained, gradients: gradients)
/// let program = try Program(outputs: [loss], updates: step.updates, on: backend)
/// for index in 0..<1000 {
///   let rate = schedule.value(at: index)
///   try program.set(step.numbers, to: step.values(at: index, learningRate: rate))
///   try program.run()
/// }
/// ```
public protocol Optimizer: Sendable {
  /// How many numbers of a step change from run to run, without the scale of the gradients.
  var numberCount: Int { get }

  /// Those numbers.
  ///
  /// - Parameters:
  ///   - step: The step, counted from 0.
  ///   - learningRate: The learning rate at this step.
  func numbers(at step: Int, learningRate: Double) -> [Float]

  /// Names of the variables kept beside every parameter, for example `firstMoment`.
  var stateNames: [String] { get }

  /// The update of one parameter and its state.
  ///
  /// - Parameters:
  ///   - targets: The parameter and the state variables, in the order of ``stateNames``.
  ///   - gradient: The gradient by the parameter.
  ///   - numbers: ``numbers(at:learningRate:)`` and the scale of the gradient, one tensor.
  func update(of targets: [Variable], gradient: Tensor, numbers: Tensor) -> Update
}

extension Optimizer {
  /// Makes the state of an optimizer, all zeros, and one update per parameter.
  ///
  /// - Parameters:
  ///   - parameters: What to change.
  ///   - gradients: One per parameter.
  ///   - limit: The largest Euclidean norm of all gradients together; longer ones are scaled down
  ///     to it, on the device. Costs the gradients' early death: all of them are held until the
  ///     norm is known.
  /// - Throws: `TensorError` when the device has no memory left for the state.
  public func step(
    for parameters: [Variable], gradients: [Tensor], clippingNormTo limit: Double? = nil
  ) throws -> OptimizerStep {
    precondition(
      parameters.count == gradients.count,
      "optimizer: \(parameters.count) parameters, \(gradients.count) gradients")
    let isClipping = limit != nil
    let input = Tensor.input([numberCount + (isClipping ? 0 : 1)], name: "optimizer numbers")
    let norm = globalNorm(gradients)
    var numbers = input
    if let limit {
      // The guard against division by 0 is PyTorch's.
      let scale = minimum(Float(limit) * reciprocal(norm + 1e-6), .constant(1))
      numbers = concatenated([input, scale.reshaped(to: [1])], axis: 0)
    }
    var updates: [Update] = []
    var state: [Variable] = []
    for (parameter, gradient) in zip(parameters, gradients) {
      let kept = try stateNames.map { name in
        try Variable(
          [Float](repeating: 0, count: parameter.shape.count), shape: parameter.shape,
          name: "\(parameter.name).\(name)", on: parameter.backend)
      }
      updates.append(update(of: [parameter] + kept, gradient: gradient, numbers: numbers))
      state += kept
    }
    return OptimizerStep(
      updates: updates, numbers: input, gradientNorm: norm, state: state, optimizer: self,
      isClipping: isClipping)
  }
}

/// What an ``Optimizer`` adds to a program.
public struct OptimizerStep: Sendable {
  /// One update per parameter, to be compiled into the program.
  public let updates: [Update]
  /// The input that ``values(at:learningRate:)`` are for.
  public let numbers: Tensor
  /// The Euclidean norm of all gradients together, before clipping, `[]`; costs nothing unless it
  /// is an output of the program or clips.
  public let gradientNorm: Tensor
  /// Moments and the like, by name: what a checkpoint needs besides the parameters.
  public let state: [Variable]

  let optimizer: any Optimizer
  let isClipping: Bool

  /// What to set ``numbers`` to before a run.
  ///
  /// - Parameters:
  ///   - step: The step, counted from 0; it corrects the bias of young moments.
  ///   - learningRate: The learning rate at this step.
  public func values(at step: Int, learningRate: Double) -> [Float] {
    optimizer.numbers(at: step, learningRate: learningRate) + (isClipping ? [] : [1])
  }
}
