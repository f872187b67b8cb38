/// e^x / Σ e^x over the last axis, without overflow for large x.
///
/// **Shape** any of rank 1 or more → the same. A composition: five dispatches.
public func softmax(_ x: Tensor) -> Tensor {
  precondition(x.shape.rank > 0, "softmax: a scalar has no last axis")
  let powers = exp(x - x.maximum(over: [-1], keepingAxes: true))
  return powers / powers.sum(over: [-1], keepingAxes: true)
}
