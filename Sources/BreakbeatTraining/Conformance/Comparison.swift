/// How one result compares with what is expected.
package struct Comparison: Sendable {
  /// The result's name.
  package let name: String
  /// The largest absolute difference; infinite when a number is not finite where it should be.
  package let maxAbsoluteError: Double
  /// The root of the mean squared difference over that of the expected values.
  package let normalizedError: Double
  /// What a difference may be.
  package let tolerance: Double
  /// How many numbers differ by more than the tolerance.
  package let strayCount: Int
  /// How many may, by how much.
  package let strays: StrayAllowance

  /// A few single numbers that may differ by more than the tolerance.
  package struct StrayAllowance: Sendable {
    /// How many.
    package var count = 0
    /// By how much.
    package var limit = 0.0

    /// None.
    package static let none = StrayAllowance()
  }

  /// Whether the differences are tolerable.
  package var passes: Bool {
    strayCount == 0 || (strayCount <= strays.count && maxAbsoluteError <= strays.limit)
  }

  /// The largest difference in units of the tolerance, for finding the worst of several results.
  var severity: Double {
    maxAbsoluteError == 0 ? 0 : maxAbsoluteError / max(tolerance, .leastNormalMagnitude)
  }

  /// A single number that should be 0.
  package init(
    name: String, maxAbsoluteError: Double, normalizedError: Double, tolerance: Double
  ) {
    self.name = name
    self.maxAbsoluteError = maxAbsoluteError.isNaN ? .infinity : maxAbsoluteError
    self.normalizedError = normalizedError.isNaN ? .infinity : normalizedError
    self.tolerance = tolerance
    strayCount = maxAbsoluteError <= tolerance ? 0 : 1
    strays = .none
  }

  /// Compares number by number.
  ///
  /// - Parameter tolerance: From the largest expected magnitude.
  package init(
    _ name: String, _ values: [Float], expected: [Float], strays: StrayAllowance = .none,
    tolerance: (_ scale: Double) -> Double
  ) {
    precondition(values.count == expected.count, "\(name): \(values.count) of \(expected.count)")
    let limit = tolerance(
      expected.reduce(0) { $1.isFinite ? max($0, Double($1.magnitude)) : $0 })
    var worst = 0.0
    var squares = 0.0
    var expectedSquares = 0.0
    var strayCount = 0
    // Equal infinities have no difference that can be computed, nor have two that are no numbers.
    for (value, wanted) in zip(values, expected)
    where value != wanted && !(value.isNaN && wanted.isNaN) {
      let difference = (Double(value) - Double(wanted)).magnitude
      worst = difference.isNaN ? .infinity : max(worst, difference)
      squares += difference * difference
      if !(difference <= limit) { strayCount += 1 }
    }
    for wanted in expected where wanted.isFinite {
      expectedSquares += Double(wanted) * Double(wanted)
    }
    let normalized = (squares / (expectedSquares > 0 ? expectedSquares : 1)).squareRoot()
    self.name = name
    maxAbsoluteError = worst
    normalizedError = normalized.isNaN ? .infinity : normalized
    self.tolerance = limit
    self.strayCount = strayCount
    self.strays = strays
  }
}
