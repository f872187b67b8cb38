public import Tensors

/// A rule that changes parameters by their gradients.
///
/// An optimizer is a value without state; ``step(for:gradients:clippingNormTo:clippingSpikesBeyond:averages:scaling:)`` makes the state
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

  /// Whether updates keep a moving average of every parameter, in variables of the caller's.
  var keepsAverages: Bool { get }

  /// The update of one parameter and its state.
  ///
  /// - Parameters:
  ///   - targets: The parameter, the state variables in the order of ``stateNames``, and its average
  ///     where ``keepsAverages``.
  ///   - gradient: The gradient by the parameter.
  ///   - numbers: ``numbers(at:learningRate:)`` and the scale of the gradient, one tensor.
  func update(of targets: [Variable], gradient: Tensor, numbers: Tensor) -> Update

  /// The same rule, but that a step with a scale of 0 changes nothing, whatever the gradients are;
  /// `nil` where there is none.
  var skippingScaleOfZero: (any Optimizer)? { get }
}

extension Optimizer {
  /// No optimizer keeps averages unless it says so.
  public var keepsAverages: Bool { false }

  /// No optimizer skips steps unless it says so.
  public var skippingScaleOfZero: (any Optimizer)? { nil }

  /// Makes the state of an optimizer, all zeros, and one update per parameter.
  ///
  /// - Parameters:
  ///   - parameters: What to change.
  ///   - gradients: One per parameter.
  ///   - limit: The largest Euclidean norm of all gradients together; longer ones are scaled down
  ///     to it, on the device. Costs the gradients' early death: all of them are held until the
  ///     norm is known.
  ///   - spike: The largest norm as a multiple of its own running mean; see `GradientClipping`.
  ///   - averages: One variable per parameter for its moving average, where ``keepsAverages``.
  ///   - scaling: What the loss was multiplied by before the gradients were taken; needs an optimizer
  ///     with ``skippingScaleOfZero``. As for clipping, all gradients are held until the norm is
  ///     known.
  /// - Throws: `TensorError` when the device has no memory left for the state.
  public func step(
    for parameters: [Variable], gradients: [Tensor], clippingNormTo limit: Double? = nil,
    clippingSpikesBeyond spike: Double? = nil, averages: [Variable] = [],
    scaling: LossScaling? = nil
  ) throws -> OptimizerStep {
    precondition(
      parameters.count == gradients.count,
      "optimizer: \(parameters.count) parameters, \(gradients.count) gradients")
    precondition(
      averages.count == (keepsAverages ? parameters.count : 0),
      "optimizer: \(parameters.count) parameters, \(averages.count) averages")
    let isClipping = limit != nil || spike != nil
    let isScaling = isClipping || scaling != nil
    let input = Tensor.input([numberCount + (isScaling ? 0 : 1)], name: "optimizer numbers")
    var norm = globalNorm(gradients)
    var rule: any Optimizer = self
    var (isUsable, scale): (Tensor?, Tensor?)
    var updates: [Update] = []
    var state: [Variable] = []
    if let scaling {
      guard let skipping = skippingScaleOfZero else {
        preconditionFailure("optimizer: \(Self.self) cannot skip the steps of loss scaling")
      }
      rule = skipping
      let flag = scaling.isUsable(norm)
      let inverse = reciprocal(scaling.factor)
      norm = LossScaling.kept(norm, where: flag) * inverse
      (isUsable, scale) = (flag, inverse * flag)
      updates = scaling.updates(isUsable: flag)
      state = scaling.state
    }
    if isClipping, let backend = parameters.first?.backend {
      let clipping = try GradientClipping(
        norm: norm, limit: limit, spike: spike, isUsable: isUsable, on: backend)
      scale = scale.map { $0 * clipping.scale } ?? clipping.scale
      updates += clipping.updates
      state += clipping.state
    }
    let numbers =
      scale.map { concatenated([input, $0.reshaped(to: [1])], axis: 0) } ?? input
    for (index, (parameter, gradient)) in zip(parameters, gradients).enumerated() {
      let kept = try stateNames.map { name in
        try Variable(
          [Float](repeating: 0, count: parameter.shape.count), shape: parameter.shape,
          name: "\(parameter.name).\(name)", on: parameter.backend)
      }
      let average = averages.isEmpty ? [] : [averages[index]]
      updates.append(
        rule.update(of: [parameter] + kept + average, gradient: gradient, numbers: numbers))
      state += kept
    }
    return OptimizerStep(
      updates: updates, numbers: input, gradientNorm: norm, isUsable: isUsable, state: state,
      optimizer: self, isScaling: isScaling)
  }
}

/// What an ``Optimizer`` adds to a program.
public struct OptimizerStep: Sendable {
  /// One update per parameter, to be compiled into the program.
  public let updates: [Update]
  /// The input that ``values(at:learningRate:)`` are for.
  public let numbers: Tensor
  /// The Euclidean norm of all gradients together, before clipping, `[]`; costs nothing unless it
  /// is an output of the program or clips. With loss scaling that of the loss as it is, and 0 at a
  /// step that is skipped.
  public let gradientNorm: Tensor
  /// With loss scaling, 1, or 0 at a step that overflowed and is skipped.
  public let isUsable: Tensor?
  /// Moments and the like, by name: what a checkpoint needs besides the parameters and averages.
  public let state: [Variable]

  let optimizer: any Optimizer
  let isScaling: Bool

  /// What to set ``numbers`` to before a run.
  ///
  /// - Parameters:
  ///   - step: The step, counted from 0; it corrects the bias of young moments.
  ///   - learningRate: The learning rate at this step.
  public func values(at step: Int, learningRate: Double) -> [Float] {
    optimizer.numbers(at: step, learningRate: learningRate) + (isScaling ? [] : [1])
  }
}
