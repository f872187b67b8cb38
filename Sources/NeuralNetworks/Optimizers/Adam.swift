public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Adam: steps of even size in every parameter, whatever the size of its gradient.
///
/// The numbers mean what they mean in PyTorch. See `AdamUpdate` for the formulas.
///
/// Source: Kingma & Ba, "Adam: a method for stochastic optimization" (2015).
public struct Adam: Optimizer, Hashable {
  /// What one step does.
  public var rule = AdamUpdate()

  /// Adam with PyTorch's defaults.
  ///
  /// - Parameters:
  ///   - firstDecay: β₁, memory of the gradients' mean.
  ///   - secondDecay: β₂, memory of the gradients' squares.
  ///   - epsilon: Keeps the division finite.
  ///   - weightDecay: Pull of the parameters towards 0, through the gradient.
  ///   - usesMaximum: Whether the largest squares so far divide the step (AMSGrad).
  public init(
    firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, usesMaximum: Bool = false
  ) {
    rule.firstDecay = firstDecay
    rule.secondDecay = secondDecay
    rule.epsilon = epsilon
    rule.weightDecay = weightDecay
    rule.usesMaximum = usesMaximum
  }

  /// Learning rate and the two bias corrections.
  public var numberCount: Int { 3 }

  /// The mean of the gradients, of their squares, and with AMSGrad the largest of those.
  public var stateNames: [String] {
    ["firstMoment", "secondMoment"] + (rule.usesMaximum ? ["maximumMoment"] : [])
  }

  /// η, 1 - β₁^t and 1 - β₂^t for t = step + 1.
  public func numbers(at step: Int, learningRate: Double) -> [Float] {
    [
      Float(learningRate), Float(1 - pow(rule.firstDecay, Double(step + 1))),
      Float(1 - pow(rule.secondDecay, Double(step + 1))),
    ]
  }

  /// As it is, but for steps without a scale.
  public var skippingScaleOfZero: (any Optimizer)? {
    var adam = self
    adam.rule.skipsScaleOfZero = true
    return adam
  }

  /// An `AdamUpdate`.
  public func update(of targets: [Variable], gradient: Tensor, numbers: Tensor) -> Update {
    Update(rule, of: targets, from: [gradient, numbers])
  }
}

/// Adam whose weight decay acts on the parameters and not through the gradients.
///
/// Source: Loshchilov & Hutter, "Decoupled weight decay regularization" (2019).
public struct AdamW: Optimizer, Hashable {
  private var adam: Adam
  private let averageDecay: Double
  private let decaysVectors: Bool

  /// AdamW with PyTorch's defaults; the first parameters are those of ``Adam``.
  ///
  /// `decaysVectors` says whether weight decay acts on vectors as well: biases, and scales and shifts
  /// of normalizations. `averageDecay` d is the memory of the parameters' moving average, 0 for none.
  /// The average is young at first: at step t, counted from 0, its memory is min(d, t / (t + 9)).
  public init(
    firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, usesMaximum: Bool = false, decaysVectors: Bool = true,
    averageDecay: Double = 0
  ) {
    adam = Adam(
      firstDecay: firstDecay, secondDecay: secondDecay, epsilon: epsilon,
      weightDecay: weightDecay, usesMaximum: usesMaximum)
    adam.rule.isDecoupled = true
    adam.rule.keepsAverage = averageDecay > 0
    self.averageDecay = averageDecay
    self.decaysVectors = decaysVectors
  }

  /// As for ``Adam``, and one for an average.
  public var numberCount: Int { adam.numberCount + (keepsAverages ? 1 : 0) }

  /// As for ``Adam``.
  public var stateNames: [String] { adam.stateNames }

  /// Whether there is a moving average of every parameter.
  public var keepsAverages: Bool { adam.rule.keepsAverage }

  /// As for ``Adam``, and the share of the new parameters in their average.
  public func numbers(at step: Int, learningRate: Double) -> [Float] {
    let numbers = adam.numbers(at: step, learningRate: learningRate)
    guard keepsAverages else { return numbers }
    let memory = min(averageDecay, Double(step) / Double(step + 9))
    return numbers + [Float(1 - memory)]
  }

  /// As for ``Adam``.
  public var skippingScaleOfZero: (any Optimizer)? {
    var optimizer = self
    optimizer.adam.rule.skipsScaleOfZero = true
    return optimizer
  }

  /// As for ``Adam``, decoupled.
  public func update(of targets: [Variable], gradient: Tensor, numbers: Tensor) -> Update {
    var adam = adam
    if !decaysVectors && targets[0].shape.rank < 2 { adam.rule.weightDecay = 0 }
    return adam.update(of: targets, gradient: gradient, numbers: numbers)
  }
}
