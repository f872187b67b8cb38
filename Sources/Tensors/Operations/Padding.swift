import TensorKernels
import VulkanCompute

/// Zeros before and after a tensor along one axis.
///
/// **Shape** axis 1, 2 before, 3 after: [4, 7] → [4, 12]. **Cost** one dispatch.
struct Padding: Operation {
  /// The axis that grows.
  let axis: Int
  /// Zeros in front.
  let before: Int
  /// Zeros behind.
  let after: Int

  /// Pads one axis.
  init(axis: Int, before: Int, after: Int) {
    self.axis = axis
    self.before = before
    self.after = after
  }

  static var name: String { "pad" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(inputs[0].dimensions.indices.contains(axis), "pad: axis \(axis) of \(inputs[0])")
    precondition(before >= 0 && after >= 0, "pad: \(before) before and \(after) after")
    var dimensions = inputs[0].dimensions
    dimensions[axis] += before + after
    return Shape(dimensions)
  }

  private func loop(_ source: Shape, _ result: Shape) -> StridedLoop {
    StridedLoop(
      sizes: source.dimensions, sourceStrides: source.strides, resultStrides: result.strides,
      resultOffset: before * result.strides[axis])
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let words = result.words
    workers.forEachRange(result.count, grain: 1 << 18) {
      (words + $0.lowerBound).update(repeating: 0, count: $0.count)
    }
    loop(inputs[0].shape, result.shape).copy(from: inputs[0], to: result, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let shape = inputs[0].shape
    recorder.dispatch(
      PaddingKernel.self, .init(source: inputs[0].range, result: result.range),
      specialization: .init(),
      constants: .init(
        count: UInt32(result.count), sourceSize: UInt32(shape[axis]),
        resultSize: UInt32(result.shape[axis]), inner: UInt32(shape.strides[axis]),
        before: UInt32(before)),
      workgroups: .covering(result.count, by: 64))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.sliced(axis: axis, before..<before + inputs[0].shape[axis])]
  }
}

extension Tensor {
  /// This tensor with zeros before and after it along one axis; negative axes count from the end.
  public func padded(axis: Int, before: Int = 0, after: Int = 0) -> Tensor {
    if before == 0 && after == 0 { return self }
    return Tensor(
      Padding(axis: axis < 0 ? shape.rank + axis : axis, before: before, after: after), of: [self])
  }
}
