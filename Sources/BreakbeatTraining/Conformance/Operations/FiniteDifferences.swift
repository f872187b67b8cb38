package import Tensors

/// Compares gradients with differences of the result: (F(x + h v) - F(x - h v)) / 2h against
/// ⟨gradient, v⟩, where F = Σ upstream · result is summed in Double.
///
/// In each input, some random directions v of ±1 check all elements together, and single elements
/// at both ends and in between are checked alone. With h = 1/80 the cut-off term h²/6 F''' is below
/// 1e-4 of the gradient for the operations here; the rounding of n results to 24 bits adds at most
/// 2⁻²³ ‖upstream · result‖ / h, as roundings are independent.
package struct FiniteDifferences {
  private static let step: Float = 1 / 80

  /// Compares by every input.
  package static func comparisons(
    of expressions: OperationExpressions, on backend: any Backend
  ) throws -> [Comparison] {
    let gradients = try expressions.values(on: backend).dropFirst()
    let functional = try Functional(expressions, on: backend)
    return try zip(expressions.inputs.indices, gradients).flatMap { index, gradient in
      try comparisons(input: index, gradient: gradient.map(Double.init), functional)
    }
  }

  private static func comparisons(
    input: Int, gradient: [Double], _ functional: Functional
  ) throws -> [Comparison] {
    let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let rounding = 0x1p-23 * functional.scale / Double(step)
    var random = PhiloxStream(seed: 11, stream: UInt64(input))
    var directions = (0..<3).map { _ in
      gradient.map { _ in Float(random.bool(probability: 0.5) ? 1 : -1) }
    }
    let count = gradient.count
    for element in Set([0, count - 1, count / 2, count / 3, count - 1 - count / 7]).sorted() {
      var direction = [Float](repeating: 0, count: count)
      direction[element] = 1
      directions.append(direction)
    }
    var worst: Comparison?
    for direction in directions {
      let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * Double($1.1) }
      let difference = try functional.difference(input: input, direction, step: step)
      let length = direction.reduce(0) { $0 + Double($1 * $1) }.squareRoot()
      let comparison = Comparison(
        name: "gradient \(input) by differences", maxAbsoluteError: (difference - slope).magnitude,
        normalizedError: (difference - slope).magnitude / max(norm, .leastNormalMagnitude),
        tolerance: 1e-3 * norm * length / Double(count).squareRoot() + rounding)
      if comparison.severity >= worst?.severity ?? 0 { worst = comparison }
    }
    return worst.map { [$0] } ?? []
  }

  /// F.
  private struct Functional {
    let expressions: OperationExpressions
    let program: Program
    /// ‖upstream · result‖.
    let scale: Double

    init(_ expressions: OperationExpressions, on backend: any Backend) throws {
      self.expressions = expressions
      program = try Program(outputs: [expressions.result], on: backend)
      for (input, numbers) in zip(expressions.inputs, expressions.numbers) {
        try program.set(input, to: numbers)
      }
      try program.run()
      let result = try program.values(of: expressions.result)
      scale = zip(result, expressions.upstreamNumbers).reduce(0) {
        $0 + Double($1.0) * Double($1.0) * Double($1.1) * Double($1.1)
      }.squareRoot()
    }

    func difference(input: Int, _ direction: [Float], step: Float) throws -> Double {
      let numbers = expressions.numbers[input]
      let above = zip(numbers, direction).map { $0 + step * $1 }
      let below = zip(numbers, direction).map { $0 - step * $1 }
      let rise = try value(input, above) - value(input, below)
      try program.set(expressions.inputs[input], to: numbers)
      return rise / (2 * Double(step))
    }

    private func value(_ input: Int, _ numbers: [Float]) throws -> Double {
      try program.set(expressions.inputs[input], to: numbers)
      try program.run()
      return zip(try program.values(of: expressions.result), expressions.upstreamNumbers)
        .reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}
