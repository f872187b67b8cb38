/// A range of indices along one axis.
///
/// **Shape** axis 1, 2 ..< 5: [4, 7, 6] → [4, 3, 6]. **Cost** one dispatch.
struct Slice: Operation {
  /// The axis that is cut.
  let axis: Int
  /// The indices that stay.
  let range: Range<Int>

  /// Keeps `range` of `axis`.
  init(axis: Int, range: Range<Int>) {
    self.axis = axis
    self.range = range
  }

  static var name: String { "slice" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].dimensions.indices.contains(axis), "slice: axis \(axis) of \(inputs[0])")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= inputs[0][axis] && !range.isEmpty,
      "slice: \(range) of axis \(axis) of \(inputs[0])")
    var dimensions = inputs[0].dimensions
    dimensions[axis] = range.count
    return Shape(dimensions)
  }

  private func loop(_ source: Shape, _ result: Shape) -> StridedLoop {
    StridedLoop(
      sizes: result.dimensions, sourceStrides: source.strides, resultStrides: result.strides,
      sourceOffset: range.lowerBound * source.strides[axis])
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    loop(inputs[0].shape, result.shape).copy(from: inputs[0], to: result, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    loop(inputs[0].shape, result.shape)
      .record(from: inputs[0].range, to: result.range, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let after = inputs[0].shape[axis] - range.upperBound
    return [upstream.padded(axis: axis, before: range.lowerBound, after: after)]
  }

  func minimumByteCount(inputs: [Shape], result: Shape) -> Int { 8 * result.count }
}

extension Tensor {
  /// The indices `range` of one axis; negative axes count from the end.
  ///
  ///     Tensor.input([4, 7, 6]).sliced(axis: 1, 2..<5).shape     // [4, 3, 6]
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = axis < 0 ? shape.rank + axis : axis
    if shape.dimensions.indices.contains(axis), range == 0..<shape[axis] { return self }
    return Tensor(Slice(axis: axis, range: range), of: [self])
  }
}
