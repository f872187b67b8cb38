/// Normalizes every sample's channels in groups:
/// y = (x - mean) / √(variance + ε) · weight + bias.
///
///     let y = groupNormalization(x, groups: 8, weight: weight, bias: bias)
///
/// **Shape** x [N, C, …] → the same. **Cost** three dispatches forward, about eight for all
/// gradients, of which four read whole feature maps.
///
/// - Parameters:
///   - x: Feature maps.
///   - groups: Groups of neighbouring channels; 1 normalizes a sample as a whole, C each channel
///     for itself (instance normalization).
///   - weight: [C], or `nil` for ones.
///   - bias: [C], or `nil` for zeros.
///   - epsilon: ε, keeps the division finite.
///
/// Source: Wu, He 2018.
public func groupNormalization(
  _ x: Tensor, groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
  normalization(x, .groups(groups), weight: weight, bias: bias, epsilon: epsilon)
}

/// Normalizes by a grouping; missing weights are ones, missing biases zeros.
func normalization(
  _ x: Tensor, _ grouping: NormalizationGrouping, weight: Tensor?, bias: Tensor?, epsilon: Float
) -> Tensor {
  let channels = NormalizationLayout(x.shape, grouping).channels
  let filled = { (value: Float) in
    Tensor.constant([Float](repeating: value, count: channels), shape: [channels])
  }
  let statistics = Tensor(NormalizationStatistics(grouping, epsilon: epsilon), of: [x])
  return Tensor(
    Normalization(grouping), of: [x, statistics, weight ?? filled(1), bias ?? filled(0)])
}
