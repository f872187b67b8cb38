/// How far a result may be from the expected one.
struct Tolerance {
  /// Multiple of the float32 reference's own error.
  var referenceErrors = 0.0
  /// Multiple of the largest expected magnitude.
  var relative = 0.0
  /// Absolute.
  var absolute = 0.0

  /// Most results: 8 times the reference's float32 error or 2e-6 of the largest value.
  static let standard = Tolerance(referenceErrors: 8, relative: 2e-6)
  /// Results that add up many terms, such as gradients of weights.
  static let sum = Tolerance(referenceErrors: 8, relative: 1e-5)

  static func relative(_ value: Double) -> Tolerance { Tolerance(relative: value) }
  static func absolute(_ value: Double) -> Tolerance { Tolerance(absolute: value) }

  /// The tolerance of a gradient: those of parameters are sums over the batch and all pixels.
  static func gradient(of input: String) -> Tolerance {
    input.hasSuffix("weight") || input.hasSuffix("bias") ? .sum : .standard
  }

  func value(referenceError: Double, scale: Double) -> Double {
    max(referenceErrors * referenceError, relative * scale, absolute)
  }
}
