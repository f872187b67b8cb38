import Tensors
import Testing

@Suite("Shape changes")
struct ShapeChangeTests {
  /// Values of a tensor at result positions mapped to source positions.
  private func gathered(
    _ values: [Float], _ source: Shape, _ result: Shape, _ map: ([Int]) -> [Int]?
  ) -> [Double] {
    (0..<result.count).map { index in
      let position = result.strides.indices.map { index / result.strides[$0] % result[$0] }
      guard let from = map(position) else { return 0 }
      return Double(values[zip(from, source.strides).reduce(0) { $0 + $1.0 * $1.1 }])
    }
  }

  struct PermutationCase: Sendable {
    var shape: Shape
    var order: [Int]
  }

  @Test(arguments: [
    PermutationCase(shape: [17, 9], order: [1, 0]),
    PermutationCase(shape: [5, 3, 7], order: [2, 0, 1]),
    PermutationCase(shape: [2, 3, 4, 5], order: [0, 3, 1, 2]),
    PermutationCase(shape: [2, 3, 2, 5, 3, 2], order: [5, 3, 1, 4, 2, 0]),
    PermutationCase(shape: [129, 65], order: [1, 0]),
    // More axes than the kernel has places for.
    PermutationCase(shape: [2, 3, 2, 4, 3, 2, 5], order: [6, 5, 4, 3, 2, 1, 0]),
    PermutationCase(shape: [2, 3, 2, 2, 3, 1, 2, 3, 2], order: [8, 7, 6, 5, 4, 3, 2, 1, 0]),
  ])
  func permutes(_ example: PermutationCase) throws {
    let (shape, order) = (example.shape, example.order)
    let input = OperationCheck.Input(shape)
    let result = input.tensor.permuted(to: order)
    let expected = gathered(input.values, shape, result.shape) { position in
      var source = position
      for (axis, from) in order.enumerated() { source[from] = position[axis] }
      return source
    }
    try OperationCheck.expect(result, from: [input], equals: expected)
  }

  struct BroadcastCase: Sendable {
    var shape: Shape
    var target: Shape
  }

  @Test(arguments: [
    BroadcastCase(shape: [], target: [3, 5]), BroadcastCase(shape: [1, 3], target: [4, 2, 3]),
    BroadcastCase(shape: [5, 1, 7, 1], target: [2, 5, 3, 7, 33]),
    BroadcastCase(shape: [2, 1, 3, 1, 2], target: [2, 4, 3, 5, 2]),
    BroadcastCase(shape: [2, 1, 3, 1, 2, 1, 2, 1], target: [2, 3, 3, 2, 2, 2, 2, 3]),
  ])
  func broadcasts(_ example: BroadcastCase) throws {
    let (shape, target) = (example.shape, example.target)
    let input = OperationCheck.Input(shape)
    let expected = gathered(input.values, shape, target) { position in
      let aligned = position.suffix(shape.rank)
      return zip(aligned, shape.dimensions).map { $1 == 1 ? 0 : $0 }
    }
    try OperationCheck.expect(
      input.tensor.broadcast(to: target), from: [input], equals: expected)
  }

  @Test(arguments: [(0, 1, 2), (1, 0, 3), (-1, 5, 17), (2, 1, 2)])
  func slicesAndPads(axis: Int, start: Int, end: Int) throws {
    let range = start..<end
    let shape: Shape = [2, 3, 5, 17]
    let input = OperationCheck.Input(shape)
    let cut = axis < 0 ? 4 + axis : axis
    let slice = input.tensor.sliced(axis: axis, range)
    try OperationCheck.expect(
      slice, from: [input],
      equals: gathered(input.values, shape, slice.shape) { position in
        var source = position
        source[cut] += range.lowerBound
        return source
      })
    let padded = input.tensor.padded(axis: axis, before: 2, after: 3)
    try OperationCheck.expect(
      padded, from: [input],
      equals: gathered(input.values, shape, padded.shape) { position in
        var source = position
        source[cut] -= 2
        return 0..<shape[cut] ~= source[cut] ? source : nil
      })
  }

  @Test(arguments: [0, 1, 2])
  func concatenates(axis: Int) throws {
    let inputs = [1, 4, 2].map { size in
      var dimensions = [3, 5, 7]
      dimensions[axis] = size
      return OperationCheck.Input(Shape(dimensions), seed: UInt64(size))
    }
    let result = concatenated(inputs.map(\.tensor), axis: axis)
    let expected = (0..<result.shape.count).map { index in
      var position = (0..<3).map { index / result.shape.strides[$0] % result.shape[$0] }
      var number = 0
      while position[axis] >= inputs[number].tensor.shape[axis] {
        position[axis] -= inputs[number].tensor.shape[axis]
        number += 1
      }
      let strides = inputs[number].tensor.shape.strides
      return Double(inputs[number].values[zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }])
    }
    try OperationCheck.expect(result, from: inputs, equals: expected)
  }

  @Test func gradientsUndoShapeChanges() throws {
    let input = OperationCheck.Input([2, 3, 5])
    let x = input.tensor
    let y = concatenated([x.sliced(axis: 2, 1..<4), x.permuted(to: [0, 1, 2])], axis: 2)
      .padded(axis: 1, before: 1, after: 2)
      .transposed()
      .broadcast(to: [4, 2, 8, 6])
    try OperationCheck.expectGradient(of: y, by: input) { values in
      var once = [Double](repeating: 0, count: 2 * 8 * 6)
      for n in 0..<2 {
        for row in 0..<3 {
          for column in 0..<8 {
            let source = column < 3 ? column + 1 : column - 3
            once[(n * 8 + column) * 6 + row + 1] = values[(n * 3 + row) * 5 + source]
          }
        }
      }
      return once + once + once + once
    }
  }

  @Test func resamples() throws {
    let input = OperationCheck.Input([2, 3, 5, 7])
    var large: [Double] = []
    var small: [Double] = []
    for plane in 0..<6 {
      let at = { (y: Int, x: Int) in Double(input.values[(plane * 5 + y) * 7 + x]) }
      for y in 0..<15 { for x in 0..<21 { large.append(at(y / 3, x / 3)) } }
      for y in [0, 2] {
        for x in [0, 2, 4] {
          let top = at(y, x) + at(y, x + 1)
          small.append((top + at(y + 1, x) + at(y + 1, x + 1)) / 4)
        }
      }
    }
    try OperationCheck.expect(input.tensor.upsampled(by: 3), from: [input], equals: large)
    try OperationCheck.expect(input.tensor.averagePooled(by: 2), from: [input], equals: small)
  }
}
