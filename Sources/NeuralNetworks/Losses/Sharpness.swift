public import Tensors

/// How the differences of neighbouring pixels are compared.
public enum GradientDifferenceForm: Sendable, Hashable {
  /// The sum of the two mean absolute errors.
  case absolute
  /// Per pixel of a picture, the sum of the logarithms of the two mean absolute errors: a calibrated
  /// likelihood without its constant.
  case logarithmic
}

/// Compares the differences of neighbouring pixels, along both axes, which blur makes smaller.
///
///     mean|Δx(p) - Δx(t)| + mean|Δy(p) - Δy(t)|,   Δx p = p[..., x + 1] - p[..., x]
///
/// **Shape** `[..., H, W]` → `[]`.
///
/// Source: Mathieu, Couprie, LeCun, "Deep multi-scale video prediction beyond mean square error"
/// (2015).
public func gradientDifference(
  _ prediction: Tensor, _ target: Tensor, form: GradientDifferenceForm = .absolute
) -> Tensor {
  checkShapes("gradientDifference", prediction, target)
  let error = prediction - target
  let across = abs(forwardDifference(error, axis: error.shape.rank - 1)).mean()
  let down = abs(forwardDifference(error, axis: error.shape.rank - 2)).mean()
  switch form {
  case .absolute: return across + down
  case .logarithmic: return log(across) + log(down)
  }
}

private func forwardDifference(_ x: Tensor, axis: Int) -> Tensor {
  let size = x.shape[axis]
  precondition(size > 1, "gradientDifference: \(x.shape) has one pixel along axis \(axis)")
  return x.sliced(axis: axis, 1..<size) - x.sliced(axis: axis, 0..<size - 1)
}

/// The mean absolute error, averaged over the pictures and `levels - 1` versions of them, each half
/// the size of the last (2 x 2 averages).
///
/// **Shape** `[N, C, H, W]` → `[]`.
public func multiScaleAbsoluteError(
  _ prediction: Tensor, _ target: Tensor, levels: Int = 3
) -> Tensor {
  checkShapes("multiScaleAbsoluteError", prediction, target)
  precondition(levels > 0, "multiScaleAbsoluteError: \(levels) levels")
  // Averaging is linear, so the difference is averaged instead of both pictures.
  var error = prediction - target
  var sum = abs(error).mean()
  for _ in 1..<levels {
    error = error.averagePooled(by: 2)
    sum = sum + abs(error).mean()
  }
  return sum / Float(levels)
}
