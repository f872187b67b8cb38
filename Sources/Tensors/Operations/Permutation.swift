/// A tensor with its axes in another order.
///
/// result[p[order[0]], p[order[1]], …] = x[p[0], p[1], …]
///
/// **Shape** order [2, 0, 1]: [4, 5, 6] → [6, 4, 5]. **Cost** one dispatch; beyond six axes
/// that move apart, one for each position along the smallest.
struct Permutation: Operation {
  /// For each axis of the result, the axis of the source.
  let order: [Int]

  /// Reorders axes.
  init(_ order: [Int]) { self.order = order }

  static var name: String { "permute" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      order.sorted() == Array(0..<inputs[0].rank),
      "permute: \(order) does not name every axis of \(inputs[0]) once")
    return Shape(order.map { inputs[0][$0] })
  }

  private func loop(_ source: Shape, _ result: Shape) -> StridedLoop {
    let strides = source.strides
    return StridedLoop(
      sizes: result.dimensions, sourceStrides: order.map { strides[$0] },
      resultStrides: result.strides)
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
    let inverse = order.indices.sorted { order[$0] < order[$1] }
    return [upstream.permuted(to: inverse)]
  }
}

extension Tensor {
  /// This tensor with its axes in another order: axis `i` of the result is axis `order[i]` here.
  ///
  ///     Tensor.input([4, 5, 6]).permuted(to: [2, 0, 1]).shape     // [6, 4, 5]
  public func permuted(to order: [Int]) -> Tensor { Tensor(Permutation(order), of: [self]) }

  /// This tensor with its last two axes exchanged: matrices transposed.
  public func transposed() -> Tensor {
    precondition(shape.rank >= 2, "transposed: \(shape) has fewer than two axes")
    var order = Array(0..<shape.rank)
    order.swapAt(shape.rank - 2, shape.rank - 1)
    return permuted(to: order)
  }
}
