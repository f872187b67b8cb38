public import Tensors

/// Gives every group of channels of every picture mean 0 and variance 1, then scales and shifts
/// each channel.
///
/// **Shape** `[N, C, H, W]` → the same; C a multiple of `groups`. Nothing depends on the other
/// pictures of the batch.
///
/// Source: Wu & He, "Group normalization" (2018).
public struct GroupNormalization: Sendable {
  /// Scale per channel, `[C]`; starts at 1.
  public let weight: Tensor
  /// Shift per channel, `[C]`; starts at 0.
  public let bias: Tensor
  /// Groups that the channels are divided into.
  public let groups: Int
  /// Added to the variance.
  public let epsilon: Float

  /// A layer whose parameters are `weight` and `bias` below a place in the tree.
  public init(
    _ parameters: Parameters, channels: Int, groups: Int = 8, epsilon: Float = 1e-5
  ) throws {
    precondition(
      groups > 0 && channels % groups == 0,
      "\(parameters.path): \(channels) channels in \(groups) groups")
    weight = try parameters.weight([channels], .constant(1))
    bias = try parameters.bias([channels], .constant(0))
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Normalizes a batch of pictures.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    groupNormalization(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon)
  }
}
