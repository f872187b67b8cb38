/// The same elements under another shape: a view, no work.
///
/// **Shape** any → any of the same count. **Cost** none.
public struct Reshape: Operation {
  /// The new shape.
  public let target: Shape

  public static let name = "reshape"

  public var isView: Bool { true }

  public func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].count == target.count, "reshape: \(inputs[0]) has not as many elements as \(target)")
    return target
  }

  public func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {}

  public func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {}

  public func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.reshaped(to: inputs[0].shape)]
  }
}

extension Tensor {
  /// The same elements, row-major, under another shape.
  public func reshaped(to shape: Shape) -> Tensor {
    self.shape == shape ? self : Tensor(Reshape(target: shape), of: [self])
  }
}
