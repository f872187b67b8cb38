public import Tensors

/// y = x·Wᵀ + b.
///
/// **Shape** `[N, from]` → `[N, to]`. Weight `[to, from]`, as in PyTorch, with PyTorch's default
/// start.
public struct Linear: Sendable {
  /// W, `[to, from]`.
  public let weight: Tensor
  /// b, `[to]`; `nil` for none.
  public let bias: Tensor?

  /// A layer whose parameters are `weight` and `bias` below a place in the tree.
  public init(
    _ parameters: Parameters, from inputs: Int, to outputs: Int, bias hasBias: Bool = true
  ) throws {
    weight = try parameters.weight([outputs, inputs], .fanIn(inputs))
    bias = hasBias ? try parameters.bias([outputs], .fanIn(inputs)) : nil
  }

  /// Maps a batch of vectors.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let product = matrixProduct(x, weight, transposeRight: true)
    return bias.map { product + $0 } ?? product
  }
}
