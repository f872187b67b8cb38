import Tensors
import Testing

@Suite("Reductions")
struct ReductionTests {
  /// Groups of values that fall on the same element of the result.
  private func groups(_ values: [Float], _ shape: Shape, over axes: Set<Int>) -> [[Double]] {
    let kept = shape.reducing(axes, keepingAxes: true)
    var groups = [[Double]](repeating: [], count: kept.count)
    for (index, value) in values.enumerated() {
      let target = shape.strides.indices.reduce(0) { sum, axis in
        axes.contains(axis)
          ? sum : sum + index / shape.strides[axis] % shape[axis] * kept.strides[axis]
      }
      groups[target].append(Double(value))
    }
    return groups
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var shape: Shape
    var axes: [Int]
    var testDescription: String { "\(shape) over \(axes)" }
  }

  @Test(arguments: [
    Case(shape: [17], axes: [0]), Case(shape: [5, 9], axes: [1]), Case(shape: [5, 9], axes: [0]),
    Case(shape: [3, 1, 33], axes: [1]), Case(shape: [2, 3, 5, 7], axes: [0, 2]),
    Case(shape: [2, 3, 5, 7], axes: [1, 3]), Case(shape: [2, 3, 5, 7], axes: [0, 2, 3]),
    Case(shape: [4097, 3], axes: [0]), Case(shape: [3, 9001], axes: [1]),
    Case(shape: [70_001], axes: [0]), Case(shape: [300, 70], axes: [0]),
    Case(shape: [6, 2, 9, 2], axes: [1, 3]), Case(shape: [70_000, 33], axes: [1]),
  ])
  func reducesAnyAxes(_ example: Case) throws {
    let (shape, axes) = (example.shape, example.axes)
    let input = OperationCheck.Input(shape)
    let groups = groups(input.values, shape, over: Set(axes))
    let sum = input.tensor.sum(over: axes)
    #expect(sum.shape == shape.reducing(Set(axes), keepingAxes: false))
    // Relative to the sum, which is small beside its terms.
    try OperationCheck.expect(
      sum, from: [input], equals: groups.map { $0.reduce(0, +) }, tolerance: 1e-5)
    try OperationCheck.expect(
      input.tensor.mean(over: axes, keepingAxes: true), from: [input],
      equals: groups.map { $0.reduce(0, +) / Double($0.count) }, tolerance: 1e-5)
    try OperationCheck.expect(
      input.tensor.maximum(over: axes), from: [input],
      equals: groups.map { $0.max() ?? 0 }, tolerance: 0)
  }

  /// A running sum in single precision would be off by about 1e-3 here.
  @Test func sumsLongAxesAccurately() throws {
    let shape: Shape = [300_000]
    let input = OperationCheck.Input(shape, (0..<shape.count).map { 1 + Float($0 % 7) * 0.1 })
    let expected = input.values.reduce(0.0) { $0 + Double($1) }
    try OperationCheck.expect(
      input.tensor.sum(), from: [input], equals: [expected], tolerance: 3e-7)
    try OperationCheck.expect(
      input.tensor.reshaped(to: [150_000, 2]).sum(over: [0]).sum(), from: [input],
      equals: [expected], tolerance: 3e-7)
  }

  /// More than 65,535 workgroups: grids are folded into two axes.
  @Test func reducesLargeGrids() throws {
    let input = OperationCheck.Input([1, 1001])
    try OperationCheck.expect(
      input.tensor.broadcast(to: [4201, 1001]).sum(over: [0]), from: [input],
      equals: input.values.map { Double($0) * 4201 })
  }

  @Test func gradientOfSumAndMaximum() throws {
    let input = OperationCheck.Input([3, 4, 5])
    try OperationCheck.expectGradient(of: input.tensor.sum(over: [0, 2]), by: input) { x in
      (0..<4).map { (j: Int) -> Double in
        var sum = 0.0
        for i in 0..<3 { for k in 0..<5 { sum += x[(i * 4 + j) * 5 + k] } }
        return sum
      }
    }
    try OperationCheck.expectGradient(of: input.tensor.maximum(over: [-1]), by: input) { x in
      (0..<12).map { x[$0 * 5..<$0 * 5 + 5].max() ?? 0 }
    }
  }

  @Test func equalMaximaShareTheGradient() throws {
    let input = OperationCheck.Input([2, 3], [1, 1, 0, 2, 3, -1])
    let gradient = input.tensor.maximum(over: [1]).gradients(
      withRespectTo: [input.tensor], upstream: .constant([4, 6], shape: [2]))[0]
    try OperationCheck.expect(gradient, from: [input], equals: [2, 2, 0, 0, 6, 0])
  }

  @Test func softmaxSumsToOneWithoutOverflow() throws {
    let input = OperationCheck.Input([2, 3], [1000, 1001, 999, -2, 0.5, 1])
    let expected = [0, 3].flatMap { start in
      let row = input.values[start..<start + 3].map(Double.init)
      let powers = row.map { power($0 - (row.max() ?? 0)) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    try OperationCheck.expect(softmax(input.tensor), from: [input], equals: expected)
  }

  /// e^x by its series; enough for |x| up to 5.
  private func power(_ x: Double) -> Double {
    (1...60).reversed().reduce(1) { 1 + $0 * x / Double($1) }
  }

  @Test func globalNormSpansTensors() throws {
    let (a, b) = (OperationCheck.Input([3], [1, 2, 3]), OperationCheck.Input([1, 2], [-1, 7]))
    try OperationCheck.expect(globalNorm([a.tensor, b.tensor]), from: [a, b], equals: [8])
  }
}
