/// The larger of a and b, for ``Reduction``; NaN when either is.
struct MaximumFunction: ReductionFunction {
  static let name = "maximum over axes"
  static let code: UInt32 = 1
  static let isExact = true
  static func combine(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a).replacing(with: b, where: b .!= b)
  }
  /// Shared evenly between equal maxima.
  static func gradient(of x: Tensor, result: Tensor, upstream: Tensor) -> Tensor {
    let isMaximum = 1 - Tensor(Binary<Greater>(), of: [result, x])
    return isMaximum * (upstream / isMaximum.summed(toShape: result.shape))
  }
}

extension Tensor {
  /// The largest element over some axes; negative axes count from the end.
  ///
  /// The gradient is shared evenly between equal maxima of a group of neighbouring axes.
  public func maximum(over axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced(MaximumFunction.self, over: axes, keepingAxes: keepingAxes)
  }

  /// The largest element, of shape `[]`.
  public func maximum() -> Tensor { maximum(over: Array(0..<shape.rank)) }
}
