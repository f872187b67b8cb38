public import Tensors

/// Gives every channel mean 0 and variance 1 over the batch, then scales and shifts it; in use, by
/// the statistics that training kept.
///
/// **Shape** `[N, C, H, W]` → the same. In training every picture depends on the others of its
/// batch; ``GroupNormalization`` does not have this leak.
///
/// Source: Ioffe & Szegedy, "Batch normalization" (2015).
public struct BatchNormalization: Sendable {
  /// Scale per channel, `[C]`; starts at 1.
  public let weight: Tensor
  /// Shift per channel, `[C]`; starts at 0.
  public let bias: Tensor
  /// Running mean per channel, `[C]`; starts at 0 and is not trained.
  public let runningMean: Variable
  /// Running unbiased variance per channel, `[C]`; starts at 1 and is not trained.
  public let runningVariance: Variable
  /// Share of a new batch in the running statistics.
  public let momentum: Float
  /// Added to the variance.
  public let epsilon: Float

  /// A layer whose parameters are `weight`, `bias`, `runningMean` and `runningVariance` below a
  /// place in the tree.
  public init(
    _ parameters: Parameters, channels: Int, momentum: Float = 0.1, epsilon: Float = 1e-5
  ) throws {
    weight = try parameters.weight([channels], .constant(1))
    bias = try parameters.bias([channels], .constant(0))
    runningMean = try parameters.runningMean.variable(
      [channels], .constant(0), isTrained: false)
    runningVariance = try parameters.runningVariance.variable(
      [channels], .constant(1), isTrained: false)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Normalizes a batch of pictures by the running statistics, as in use.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    batchNormalization(
      x, mean: Tensor(runningMean), variance: Tensor(runningVariance), weight: weight, bias: bias,
      epsilon: epsilon)
  }

  /// Normalizes a batch of pictures by its own statistics, as in training.
  ///
  /// - Returns: The normalized batch, and the updates of the running statistics for the program
  ///   that trains.
  public func training(_ x: Tensor) -> (result: Tensor, updates: [Update]) {
    let batch = batchStatistics(x, epsilon: epsilon)
    let updates = [(runningMean, batch.mean), (runningVariance, batch.variance)].map {
      let next = Tensor($0.0) * (1 - momentum) + $0.1 * momentum
      return Update(Assign(), of: [$0.0], from: [next])
    }
    let result = batchNormalization(x, weight: weight, bias: bias, epsilon: epsilon)
    return (result, updates)
  }
}
