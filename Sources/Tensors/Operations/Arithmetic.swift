/// a + b.
public struct Addition: BinaryFunction {
  public static let name = "add"
  public static let code: UInt32 = 0
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a + b }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream, upstream) }
}

/// a - b.
public struct Subtraction: BinaryFunction {
  public static let name = "subtract"
  public static let code: UInt32 = 1
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a - b }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream, -upstream) }
}

/// a · b.
public struct Multiplication: BinaryFunction {
  public static let name = "multiply"
  public static let code: UInt32 = 2
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a * b }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream * b, upstream * a) }
}

/// a / b.
public struct Division: BinaryFunction {
  public static let name = "divide"
  public static let code: UInt32 = 3
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> { a / b }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) { (upstream / b, -(upstream * result) / b) }
}

/// The larger of a and b; the gradient goes to a where they are equal.
public struct Maximum: BinaryFunction {
  public static let name = "maximum"
  public static let code: UInt32 = 4
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .> a).replacing(with: b, where: b .!= b)
  }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) {
    let second = upstream * Tensor(Binary<Greater>(), of: [b, a])
    return (upstream - second, second)
  }
}

/// The smaller of a and b; the gradient goes to a where they are equal.
public struct Minimum: BinaryFunction {
  public static let name = "minimum"
  public static let code: UInt32 = 5
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    a.replacing(with: b, where: b .< a).replacing(with: b, where: b .!= b)
  }
  public static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?) {
    let second = upstream * Tensor(Binary<Greater>(), of: [a, b])
    return (upstream - second, second)
  }
}

/// 1 where a > b, else 0; its gradient is 0.
public struct Greater: BinaryFunction {
  public static let name = "greater"
  public static let code: UInt32 = 6
  public init() {}
  public static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0).replacing(with: 1, where: a .> b)
  }
  public static func gradients(
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
