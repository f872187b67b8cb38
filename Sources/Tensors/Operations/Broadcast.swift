/// A tensor repeated along axes of size 1 and new leading axes, by NumPy's rule.
///
/// **Shape** [1, 3] → [4, 2, 3]. **Cost** one dispatch; beyond six groups of axes that repeat and that
/// do not, one for each position along the smallest.
struct Broadcast: Operation {
  /// The shape of the result.
  let shape: Shape

  /// Repeats up to `shape`.
  init(to shape: Shape) { self.shape = shape }

  static var name: String { "broadcast" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].rank <= shape.rank && inputs[0].broadcast(with: shape) == shape,
      "broadcast: \(inputs[0]) does not repeat to \(shape)")
    return shape
  }

  private func loop(_ source: Shape) -> StridedLoop {
    let missing = shape.rank - source.rank
    let strides = shape.dimensions.indices.map { axis in
      axis < missing || source[axis - missing] == 1 ? 0 : source.strides[axis - missing]
    }
    return StridedLoop(
      sizes: shape.dimensions, sourceStrides: strides, resultStrides: shape.strides)
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    loop(inputs[0].shape).copy(from: inputs[0], to: result, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    loop(inputs[0].shape).record(from: inputs[0].range, to: result.range, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.summed(toShape: inputs[0].shape)]
  }
}

extension Broadcast: Elementwise {
  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? { chain.input(0, of: inputs[0], to: result) }
}

extension Tensor {
  /// This tensor repeated along axes of size 1 and new leading axes; itself when the shape is the
  /// same.
  public func broadcast(to shape: Shape) -> Tensor {
    shape == self.shape ? self : Tensor(Broadcast(to: shape), of: [self])
  }
}
