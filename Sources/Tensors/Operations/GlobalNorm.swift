/// √Σ x² over all elements of all tensors: what gradients are clipped by.
///
/// **Shape** any → []. A composition: a sum and a copy of 4 bytes per tensor.
public func globalNorm(_ tensors: [Tensor]) -> Tensor {
  let squares = tensors.map { square($0).sum().reshaped(to: [1]) }
  return sqrt(concatenated(squares, axis: 0).sum())
}
