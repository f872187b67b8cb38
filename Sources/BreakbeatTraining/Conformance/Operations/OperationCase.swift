package import Tensors

/// An operation with inputs of some shapes: one row of ``OperationCase/all``.
package struct OperationCase: Sendable, CustomStringConvertible {
  /// Which numbers an input holds. All are far enough from multiples of 1/8 that a small step
  /// crosses none of them: kinks belong there.
  package enum Values: Sendable {
    /// Between -2 and 2.
    case signed
    /// Between 1/2 and 5/2.
    case positive
    /// Between -2 and 2, no two alike.
    case distinct
    /// Infinities, NaN, zeros and numbers far out, over and over.
    case special
  }

  /// What the row is called, with the shapes of the inputs.
  package let description: String
  /// Sizes of each input.
  package let shapes: [Shape]
  /// What each input holds; the last entry counts for the inputs that follow.
  package let values: [Values]
  /// Whether gradients are checked.
  package let isDifferentiated: Bool
  private let build: @Sendable ([Tensor]) -> Tensor

  /// A row.
  ///
  /// - Parameters:
  ///   - name: The operation and its attributes.
  ///   - shapes: Sizes of each input.
  ///   - values: What the inputs hold.
  ///   - isDifferentiated: Whether gradients are checked.
  ///   - build: The result of the inputs.
  init(
    _ name: String, _ shapes: Shape..., values: [Values] = [.signed],
    isDifferentiated: Bool = true, _ build: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    description = "\(name) \(shapes.map(\.description).joined(separator: " "))"
    self.shapes = shapes
    self.values = values
    self.isDifferentiated = isDifferentiated
    self.build = build
  }

  /// The result, its gradients by every input, and the numbers to compute them with.
  package var expressions: OperationExpressions {
    let inputs = shapes.enumerated().map { Tensor.input($1, name: "input \($0)") }
    let result = build(inputs)
    let upstream = Tensor.input(result.shape, name: "upstream")
    let gradients =
      isDifferentiated ? result.gradients(withRespectTo: inputs, upstream: upstream) : []
    let numbers = shapes.enumerated().map { index, shape in
      Self.numbers(values[min(index, values.count - 1)], shape.count, index: index)
    }
    return OperationExpressions(
      inputs: inputs, numbers: numbers, result: result, upstream: upstream,
      upstreamNumbers: Self.numbers(.signed, result.shape.count, index: 17), gradients: gradients)
  }

  private static func numbers(_ values: Values, _ count: Int, index: Int) -> [Float] {
    var random = PhiloxStream(seed: 5, stream: UInt64(index))
    // Different inputs lie on different grids, so that none equals another.
    let offset = Float(index % 2) / 32
    switch values {
    case .signed:
      return (0..<count).map { _ in Float(random.integer(below: 32)) / 8 - 2 + 1 / 16 + offset }
    case .positive:
      return (0..<count).map { _ in Float(random.integer(below: 16)) / 8 + 0.5 + 1 / 16 + offset }
    case .special:
      let values: [Float] = [-.infinity, -100, -1, -0.0, 0, 1, 100, .infinity, .nan]
      return (0..<count).map { values[$0 % values.count] }
    case .distinct:
      return (0..<count).shuffled(using: &random).map {
        4 * (Float($0) + 0.5) / Float(count) - 2
      }
    }
  }
}

/// The expressions of an ``OperationCase`` and the numbers of their inputs.
package struct OperationExpressions {
  package let inputs: [Tensor]
  package let numbers: [[Float]]
  package let result: Tensor
  package let upstream: Tensor
  package let upstreamNumbers: [Float]
  /// By each input, when the case is differentiated.
  package var gradients: [Tensor]

  /// The result, then the gradients.
  package var outputs: [Tensor] { [result] + gradients }

  /// Names of ``outputs``.
  var names: [String] { ["result"] + gradients.indices.map { "gradient \($0)" } }

  /// The values of ``outputs``.
  package func values(
    on backend: any Backend, passes: CompilePasses = .all
  ) throws -> [[Float]] {
    let program = try Program(outputs: outputs, on: backend, passes: passes)
    return try program.run(bindings)
  }

  /// The values of ``result`` with the same bits on every device.
  package func reproducibleValues(
    on backend: any Backend, passes: CompilePasses = .all
  ) throws -> [Float] {
    let program = try Program(
      outputs: [result], on: backend, arithmetic: .reproducible, passes: passes)
    return try program.run(bindings)[0]
  }

  private var bindings: [Tensor: [Float]] {
    var bindings = Dictionary(uniqueKeysWithValues: zip(inputs, numbers))
    bindings[upstream] = upstreamNumbers
    return bindings
  }

  /// The names of the types of all operations in the expressions, such as `Pointwise<SiLU>`.
  package var operationTypes: Set<String> {
    var types: Set<String> = []
    var visited: Set<Tensor> = []
    var stack = outputs
    while let tensor = stack.popLast() {
      guard visited.insert(tensor).inserted else { continue }
      if case .operation(let operation) = tensor.node.content {
        types.insert("\(type(of: operation))")
      }
      stack += tensor.node.inputs
    }
    return types
  }
}
