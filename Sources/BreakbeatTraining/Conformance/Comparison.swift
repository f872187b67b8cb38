/// How one result compares with what is expected.
package struct Comparison: Sendable {
  /// The result's name.
  package let name: String
  /// The largest absolute difference; infinite when a number is not finite where it should be.
  package let maxAbsoluteError: Double
  /// The root of the mean squared difference over that of the expected values.
  package let normalizedError: Double
  /// What the largest difference may be.
  package let tolerance: Double

  /// Whether the difference is tolerable.
  package var passes: Bool { maxAbsoluteError <= tolerance }

  /// The difference in units of the tolerance, for finding the worst of several results.
  var severity: Double {
    maxAbsoluteError == 0 ? 0 : maxAbsoluteError / max(tolerance, .leastNormalMagnitude)
  }

  package init(
    name: String, maxAbsoluteError: Double, normalizedError: Double, tolerance: Double
  ) {
    self.name = name
    self.maxAbsoluteError = maxAbsoluteError
    self.normalizedError = normalizedError
    self.tolerance = tolerance
  }

  /// Compares number by number.
  package init(
    _ name: String, _ values: [Float], expected: [Float], tolerance: (_ scale: Double) -> Double
  ) {
    precondition(values.count == expected.count, "\(name): \(values.count) of \(expected.count)")
    var worst = 0.0
    var squares = 0.0
    var expectedSquares = 0.0
    var scale = 0.0
    for (value, wanted) in zip(values, expected) {
      scale = max(scale, Double(wanted.magnitude))
      // Equal infinities have no difference that can be computed.
      if value == wanted {
        expectedSquares += Double(wanted) * Double(wanted)
        continue
      }
      let difference = (Double(value) - Double(wanted)).magnitude
      worst = difference.isFinite ? max(worst, difference) : .infinity
      squares += difference * difference
      expectedSquares += Double(wanted) * Double(wanted)
    }
    let normalized = (squares / (expectedSquares > 0 ? expectedSquares : 1)).squareRoot()
    self.init(
      name: name, maxAbsoluteError: worst,
      normalizedError: normalized.isNaN ? .infinity : normalized, tolerance: tolerance(scale))
  }
}
