#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// y = scale · x + offset.
public struct Affine: PointwiseFunction {
  /// Factor and summand.
  public let scale: Float, offset: Float
  public static let name = "affine"
  public static let code: UInt32 = 0
  public var parameters: (Float, Float) { (scale, offset) }
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * scale + offset }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { SIMD8(repeating: scale) }
}

/// y = e^x.
public struct Exponential: PointwiseFunction {
  public static let name = "exp"
  public static let code: UInt32 = 1
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorExp(x) }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorExp(x) }
}

/// y = ln x; -infinity at 0, NaN below.
public struct Logarithm: PointwiseFunction {
  public static let name = "log"
  public static let code: UInt32 = 2
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { eachLane(x, logf) }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { 1 / x }
}

/// y = √x.
public struct SquareRoot: PointwiseFunction {
  public static let name = "sqrt"
  public static let code: UInt32 = 3
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x.squareRoot() }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { 0.5 / x.squareRoot() }
}

/// y = x².
public struct Square: PointwiseFunction {
  public static let name = "square"
  public static let code: UInt32 = 4
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * x }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { x * 2 }
}

/// y = |x|; derivative 0 at 0.
public struct Magnitude: PointwiseFunction {
  public static let name = "abs"
  public static let code: UInt32 = 5
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { abs8(x) }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0)
      .replacing(with: 1, where: x .> 0)
      .replacing(with: -1, where: x .< 0)
  }
}

/// y = 1 / x.
public struct Reciprocal: PointwiseFunction {
  public static let name = "reciprocal"
  public static let code: UInt32 = 6
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> { 1 / x }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { -1 / (x * x) }
}

/// y = x bounded to [lower, upper]; derivative 1 strictly between, else 0.
public struct Clamp: PointwiseFunction {
  /// The bounds.
  public let lower: Float, upper: Float
  public static let name = "clamp"
  public static let code: UInt32 = 7
  public var parameters: (Float, Float) { (lower, upper) }
  public func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    clamp(x, lower, upper).replacing(with: x, where: x .!= x)
  }
  public func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0).replacing(with: 1, where: (x .> lower) .& (x .< upper))
  }
}

/// e^x, element by element.
public func exp(_ x: Tensor) -> Tensor { Tensor(Pointwise(Exponential()), of: [x]) }

/// ln x, element by element.
public func log(_ x: Tensor) -> Tensor { Tensor(Pointwise(Logarithm()), of: [x]) }

/// √x, element by element.
public func sqrt(_ x: Tensor) -> Tensor { Tensor(Pointwise(SquareRoot()), of: [x]) }

/// x², element by element.
public func square(_ x: Tensor) -> Tensor { Tensor(Pointwise(Square()), of: [x]) }

/// |x|, element by element.
public func abs(_ x: Tensor) -> Tensor { Tensor(Pointwise(Magnitude()), of: [x]) }

/// 1 / x, element by element.
public func reciprocal(_ x: Tensor) -> Tensor { Tensor(Pointwise(Reciprocal()), of: [x]) }

extension Tensor {
  /// scale · x + offset, element by element.
  public func scaled(by scale: Float, plus offset: Float = 0) -> Tensor {
    Tensor(Pointwise(Affine(scale: scale, offset: offset)), of: [self])
  }

  /// Every element bounded to a range; the gradient is 0 at and outside the bounds.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    Tensor(Pointwise(Clamp(lower: range.lowerBound, upper: range.upperBound)), of: [self])
  }
}
