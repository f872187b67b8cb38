import CMatrix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// y = scale · x + offset.
struct Affine: PointwiseFunction {
  /// Factor and summand.
  let scale: Float, offset: Float
  static let name = "affine"
  static let code: UInt32 = 0
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixAffine, CMatrixAffineGradient)
  }
  var parameters: (Float, Float) { (scale, offset) }
  static func == (one: Self, other: Self) -> Bool { one.hasParameters(of: other) }
  func hash(into hasher: inout Hasher) { hashParameters(into: &hasher) }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * scale + offset }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { SIMD8(repeating: scale) }
}

/// y = e^x.
struct Exponential: PointwiseFunction {
  static let name = "exp"
  static let code: UInt32 = 1
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixExponential, CMatrixExponentialGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorExp(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorExp(x) }
}

/// y = ln x; -infinity at 0, NaN below.
struct Logarithm: PointwiseFunction {
  static let name = "log"
  static let code: UInt32 = 2
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixLogarithm, CMatrixLogarithmGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { eachLane(x, logf) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { 1 / x }
}

/// y = √x.
struct SquareRoot: PointwiseFunction {
  static let name = "sqrt"
  static let code: UInt32 = 3
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixSquareRoot, CMatrixSquareRootGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x.squareRoot() }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { 0.5 / x.squareRoot() }
}

/// y = x².
struct Square: PointwiseFunction {
  static let name = "square"
  static let code: UInt32 = 4
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixSquare, CMatrixSquareGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * x }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { x * 2 }
}

/// y = |x|; derivative 0 at 0.
struct Magnitude: PointwiseFunction {
  static let name = "abs"
  static let code: UInt32 = 5
  static let isReproducible = true
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { abs8(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0)
      .replacing(with: 1, where: x .> 0)
      .replacing(with: -1, where: x .< 0)
  }
}

/// y = 1 / x.
struct Reciprocal: PointwiseFunction {
  static let name = "reciprocal"
  static let code: UInt32 = 6
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixReciprocal, CMatrixReciprocalGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { 1 / x }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { -1 / (x * x) }
}

/// y = x bounded to [lower, upper]; derivative 1 strictly between, else 0.
struct Clamp: PointwiseFunction {
  /// The bounds.
  let lower: Float, upper: Float
  static let name = "clamp"
  static let code: UInt32 = 7
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixClamp, CMatrixClampGradient)
  }
  var parameters: (Float, Float) { (lower, upper) }
  static func == (one: Self, other: Self) -> Bool { one.hasParameters(of: other) }
  func hash(into hasher: inout Hasher) { hashParameters(into: &hasher) }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    clamp(x, lower, upper).replacing(with: x, where: x .!= x)
  }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
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
