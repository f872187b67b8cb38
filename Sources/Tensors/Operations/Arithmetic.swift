import CMatrix

/// a + b.
struct Addition: BinaryFunction {
  static let name = "add"
  static let code: UInt32 = 0
  static var kernel: CMatrixFunction? { CMatrixAdd }
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a + b }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream, upstream) }
}

/// a - b.
struct Subtraction: BinaryFunction {
  static let name = "subtract"
  static let code: UInt32 = 1
  static var kernel: CMatrixFunction? { CMatrixSubtract }
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a - b }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream, -upstream) }
}

/// a · b.
struct Multiplication: BinaryFunction {
  static let name = "multiply"
  static let code: UInt32 = 2
  static var kernel: CMatrixFunction? { CMatrixMultiply }
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a * b }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream * b, upstream * a) }
}

/// a / b.
struct Division: BinaryFunction {
  static let name = "divide"
  static let code: UInt32 = 3
  static var kernel: CMatrixFunction? { CMatrixDivide }
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a / b }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream / b, -(upstream * result) / b) }
}

/// The larger of a and b; the gradient goes to a where they are equal.
struct Maximum: BinaryFunction {
  static let name = "maximum"
  static let code: UInt32 = 4
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a).replacing(with: b, where: b .!= b)
  }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) {
    let second = upstream * Tensor(Binary<Greater>(), of: [b, a])
    return (upstream - second, second)
  }
}

/// The smaller of a and b; the gradient goes to a where they are equal.
struct Minimum: BinaryFunction {
  static let name = "minimum"
  static let code: UInt32 = 5
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .< a).replacing(with: b, where: b .!= b)
  }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) {
    let second = upstream * Tensor(Binary<Greater>(), of: [a, b])
    return (upstream - second, second)
  }
}

/// 1 where a > b, else 0; its gradient is 0.
struct Greater: BinaryFunction {
  static let name = "greater"
  static let code: UInt32 = 6
  init() {}
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0).replacing(with: 1, where: a .> b)
  }
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (nil, nil) }
}

extension Tensor {
  /// Sum, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor { Tensor(Binary<Addition>(), of: [a, b]) }
  /// Difference, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    Tensor(Binary<Subtraction>(), of: [a, b])
  }
  /// Product, element by element; see `matrixProduct` for matrices.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    Tensor(Binary<Multiplication>(), of: [a, b])
  }
  /// Quotient, element by element.
  public static func / (a: Tensor, b: Tensor) -> Tensor { Tensor(Binary<Division>(), of: [a, b]) }
  /// Negation.
  public static prefix func - (a: Tensor) -> Tensor { a.scaled(by: -1) }
  /// Adds a number to every element.
  public static func + (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, plus: b) }
  /// Subtracts a number from every element.
  public static func - (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, plus: -b) }
  /// Multiplies every element by a number.
  public static func * (a: Tensor, b: Float) -> Tensor { a.scaled(by: b) }
  /// Multiplies every element by a number.
  public static func * (a: Float, b: Tensor) -> Tensor { b.scaled(by: a) }
  /// Divides every element by a number.
  public static func / (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1 / b) }
  /// Adds every element to a number.
  public static func + (a: Float, b: Tensor) -> Tensor { b.scaled(by: 1, plus: a) }
  /// Subtracts every element from a number.
  public static func - (a: Float, b: Tensor) -> Tensor { b.scaled(by: -1, plus: a) }
}

/// The larger of two tensors, element by element.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor(Binary<Maximum>(), of: [a, b]) }

/// The smaller of two tensors, element by element.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor(Binary<Minimum>(), of: [a, b]) }

/// 1 where a > b, else 0, element by element; its gradient is 0.
public func greater(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor(Binary<Greater>(), of: [a, b]) }
