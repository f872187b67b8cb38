import Tensors
import Testing

/// A product with its operands as they are stored.
struct ProductCase: CustomTestStringConvertible {
  let left: Shape
  let right: Shape
  var transposeLeft = false
  var transposeRight = false

  var testDescription: String {
    "\(left)\(transposeLeft ? "ᵀ" : "") x \(right)\(transposeRight ? "ᵀ" : "")"
  }

  static let small: [ProductCase] = [
    .init(left: [3, 5], right: [5, 4]),
    .init(left: [5, 3], right: [4, 5], transposeLeft: true, transposeRight: true),
    .init(left: [2, 3, 5], right: [2, 5, 4]),
    .init(left: [2, 3, 5], right: [4, 5], transposeRight: true),
    .init(left: [2, 5, 3], right: [5, 4], transposeLeft: true),
    .init(left: [3, 5], right: [2, 2, 5, 4]),
  ]

  static let large: [ProductCase] = [
    .init(left: [131, 519], right: [519, 403]),
    .init(left: [519, 131], right: [519, 70], transposeLeft: true),
    .init(left: [1, 300], right: [77, 300], transposeRight: true),
  ]

  /// The product by its definition.
  func product(_ a: [Double], _ b: [Double]) -> [Double] {
    let rows = transposeLeft ? left[-1] : left[-2]
    let depth = left[-1] * left[-2] / rows
    let columns = right[-1] * right[-2] / depth
    let batch = max(left.count / (rows * depth), right.count / (depth * columns))
    var result: [Double] = []
    for index in 0..<batch {
      let (leftStart, rightStart) = (
        left.rank > 2 ? index * rows * depth : 0, right.rank > 2 ? index * depth * columns : 0
      )
      for row in 0..<rows {
        for column in 0..<columns {
          result.append(
            (0..<depth).reduce(0.0) { sum, k in
              sum + a[leftStart + (transposeLeft ? k * rows + row : row * depth + k)]
                * b[rightStart + (transposeRight ? column * depth + k : k * columns + column)]
            })
        }
      }
    }
    return result
  }
}

@Suite("Matrix product")
struct MatrixProductTests {
  @Test("products and their gradients", arguments: ProductCase.small)
  func gradients(_ test: ProductCase) throws {
    let (a, b) = (OperationCheck.Input(test.left), OperationCheck.Input(test.right, seed: 2))
    let y = matrixProduct(
      a.tensor, b.tensor, transposeLeft: test.transposeLeft, transposeRight: test.transposeRight)
    let (left, right) = (a.values.map(Double.init), b.values.map(Double.init))
    try OperationCheck.expect(y, from: [a, b], equals: test.product(left, right), tolerance: 2e-6)
    try OperationCheck.expectGradient(of: y, by: a, others: [b]) { test.product($0, right) }
    try OperationCheck.expectGradient(of: y, by: b, others: [a]) { test.product(left, $0) }
  }

  @Test("tiles and blocks", arguments: ProductCase.large)
  func tiles(_ test: ProductCase) throws {
    let (a, b) = (OperationCheck.Input(test.left), OperationCheck.Input(test.right, seed: 2))
    let y = matrixProduct(
      a.tensor, b.tensor, transposeLeft: test.transposeLeft, transposeRight: test.transposeRight)
    try OperationCheck.expect(
      y, from: [a, b],
      equals: test.product(a.values.map(Double.init), b.values.map(Double.init)),
      tolerance: 5e-6)
  }
}
