/// The same elements under another shape: a view, no work.
///
/// **Shape** any → any of the same count. **Cost** none.
struct Reshape: Operation {
  /// The new shape.
  let target: Shape

  static let name = "reshape"

  var isReproducible: Bool { true }

  var isView: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].count == target.count, "reshape: \(inputs[0]) has not as many elements as \(target)"
    )
    return target
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {}

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {}

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.reshaped(to: inputs[0].shape)]
  }
}

extension Tensor {
  /// The same elements, row-major, under another shape.
  public func reshaped(to shape: Shape) -> Tensor {
    self.shape == shape ? self : Tensor(Reshape(target: shape), of: [self])
  }
}
