/// a + b, for ``Reduction``.
struct SumFunction: ReductionFunction {
  static let name = "sum"
  static let code: UInt32 = 0
  static let isExact = false
  static func combine(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a + b }
  static func gradient(of x: Tensor, result: Tensor, upstream: Tensor) -> Tensor {
    upstream.broadcast(to: x.shape)
  }
}

extension Tensor {
  /// The sum over some axes; negative axes count from the end.
  ///
  ///     Tensor.input([2, 3, 4]).sum(over: [0, -1]).shape     // [3]
  public func sum(over axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced(SumFunction.self, over: axes, keepingAxes: keepingAxes)
  }

  /// The sum of all elements, of shape `[]`.
  public func sum() -> Tensor { sum(over: Array(0..<shape.rank)) }

  /// The mean over some axes; negative axes count from the end.
  public func mean(over axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let sum = sum(over: axes, keepingAxes: keepingAxes)
    let count = shape.count / sum.shape.count
    return count == 1 ? sum : sum * Float(1 / Double(count))
  }

  /// The mean of all elements, of shape `[]`.
  public func mean() -> Tensor { mean(over: Array(0..<shape.rank)) }

  /// The sum over everything that ``broadcast(to:)`` repeated: the gradient of a broadcast.
  public func summed(toShape target: Shape) -> Tensor {
    if target == shape { return self }
    precondition(
      target.rank <= shape.rank && target.broadcast(with: shape) == shape,
      "summed: \(shape) is no broadcast of \(target)")
    let missing = shape.rank - target.rank
    let axes = shape.dimensions.indices.filter { $0 < missing || target[$0 - missing] == 1 }
    return sum(over: axes, keepingAxes: true).reshaped(to: target)
  }
}
