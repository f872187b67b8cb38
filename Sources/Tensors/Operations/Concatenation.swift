/// Tensors one after the other along one axis.
///
/// **Shape** axis 1: [4, 2, 6], [4, 5, 6] → [4, 7, 6]. **Cost** one copy per input; one dispatch, and
/// a barrier between each two, where a piece does not lie in one run of the result's bytes.
struct Concatenation: Operation {
  /// The axis along which sizes add up.
  let axis: Int

  /// Joins along `axis`.
  init(axis: Int) { self.axis = axis }

  static var name: String { "concatenate" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0].dimensions.indices.contains(axis), "concatenate: axis \(axis) of \(inputs[0])")
    var dimensions = inputs[0].dimensions
    for input in inputs.dropFirst() {
      precondition(
        input.rank == dimensions.count
          && input.reducing([axis], keepingAxes: false)
            == inputs[0].reducing([axis], keepingAxes: false),
        "concatenate: \(inputs[0]) and \(input) differ outside axis \(axis)")
      dimensions[axis] += input[axis]
    }
    return Shape(dimensions)
  }

  private func loops(_ sources: [Shape], _ result: Shape) -> [StridedLoop] {
    var start = 0
    return sources.map { source in
      defer { start += source[axis] }
      return StridedLoop(
        sizes: source.dimensions, sourceStrides: source.strides, resultStrides: result.strides,
        resultOffset: start * result.strides[axis])
    }
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    for (input, loop) in zip(inputs, loops(inputs.map(\.shape), result.shape)) {
      loop.copy(from: input, to: result, on: workers)
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    for (input, loop) in zip(inputs, loops(inputs.map(\.shape), result.shape)) {
      loop.recordPiece(from: input.range, to: result.range, with: &recorder)
    }
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    var start = 0
    return inputs.map { input in
      defer { start += input.shape[axis] }
      return upstream.sliced(axis: axis, start..<start + input.shape[axis])
    }
  }
}

/// Tensors one after the other along one axis; negative axes count from the end.
///
///     concatenated([Tensor.input([4, 2]), Tensor.input([4, 5])], axis: 1).shape     // [4, 7]
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
  precondition(!tensors.isEmpty, "concatenated: no tensors")
  if tensors.count == 1 { return tensors[0] }
  let axis = axis < 0 ? tensors[0].shape.rank + axis : axis
  return Tensor(Concatenation(axis: axis), of: tensors)
}
