public import Tensors

/// Steps against the gradient, with momentum; the numbers mean what they mean in PyTorch.
///
/// See `SGDUpdate` for the formulas.
public struct StochasticGradientDescent: Optimizer, Hashable {
  /// What one step does.
  public var rule: SGDUpdate

  /// Descent.
  ///
  /// - Parameters:
  ///   - momentum: Memory of past gradients.
  ///   - weightDecay: Pull of the parameters towards 0, through the gradient.
  ///   - isNesterov: Whether the step looks ahead along the momentum.
  public init(momentum: Double = 0, weightDecay: Double = 0, isNesterov: Bool = false) {
    rule = SGDUpdate(
      momentum: Float(momentum), weightDecay: Float(weightDecay), isNesterov: isNesterov)
  }

  /// The learning rate.
  public var numberCount: Int { 1 }

  /// The momentum.
  public var stateNames: [String] { ["momentum"] }

  /// η.
  public func numbers(at step: Int, learningRate: Double) -> [Float] { [Float(learningRate)] }

  /// As it is, but for steps without a scale.
  public var skippingScaleOfZero: (any Optimizer)? {
    var optimizer = self
    optimizer.rule.skipsScaleOfZero = true
    return optimizer
  }

  /// An `SGDUpdate`.
  public func update(of targets: [Variable], gradient: Tensor, numbers: Tensor) -> Update {
    Update(rule, of: targets, from: [gradient, numbers])
  }
}
