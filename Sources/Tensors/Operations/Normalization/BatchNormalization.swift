/// Normalizes every channel over the batch, as in training:
/// y = (x - mean) / √(variance + ε) · weight + bias.
///
/// **Shape** x [N, C, …] → the same. **Cost** as ``groupNormalization(_:groups:weight:bias:epsilon:)``.
/// Source: Ioffe, Szegedy 2015.
public func batchNormalization(
  _ x: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
  normalization(x, .batch, weight: weight, bias: bias, epsilon: epsilon)
}

/// Normalizes every channel by given statistics, as in evaluation.
///
/// **Shape** x [N, C, …] → the same; mean, variance, weight and bias [C].
public func batchNormalization(
  _ x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
  epsilon: Float = 1e-5
) -> Tensor {
  let channels = x.shape[1]
  let column = Shape([channels] + [Int](repeating: 1, count: x.shape.rank - 2))
  var scale = reciprocal(sqrt(variance + epsilon))
  if let weight { scale = scale * weight }
  let y = (x - mean.reshaped(to: column)) * scale.reshaped(to: column)
  return bias.map { y + $0.reshaped(to: column) } ?? y
}

/// Mean and unbiased variance of every channel over the batch: what running statistics average.
///
/// ```swift
/// let batch = batchStatistics(x)
/// let mean = Tensor(runningMean) * 0.9 + batch.mean * 0.1
/// let update = Update(Assign(), of: [runningMean], from: [mean])
/// ```
///
/// Shares its work with ``batchNormalization(_:weight:bias:epsilon:)`` of the same tensor and ε.
/// The variance is what 1 / √(variance + ε) leaves of it: never below 0, and off by about
/// 1e-6 · (variance + ε) at most. Not differentiable.
///
/// **Shape** x [N, C, …], at least two elements per channel → mean [C], variance [C].
public func batchStatistics(
  _ x: Tensor, epsilon: Float = 1e-5
) -> (mean: Tensor, variance: Tensor) {
  let layout = NormalizationLayout(x.shape, .batch)
  precondition(layout.rowSize > 1, "batchStatistics: one element per channel in \(x.shape)")
  let statistics = Tensor(NormalizationStatistics(.batch, epsilon: epsilon), of: [x])
  let shape = Shape([layout.channels])
  let mean = statistics.sliced(axis: 1, 0..<1).reshaped(to: shape)
  let scale = statistics.sliced(axis: 1, 1..<2).reshaped(to: shape)
  let correction = Float(Double(layout.rowSize) / Double(layout.rowSize - 1))
  // Without the bound, rounding makes the variance of a constant channel negative.
  return (mean, relu((reciprocal(square(scale)) - epsilon) * correction))
}
