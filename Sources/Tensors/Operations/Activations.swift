import CMatrix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// y = x for x > 0, slope · x otherwise; with slope 0 this is ReLU.
struct LeakyReLU: PointwiseFunction {
  /// Slope on the negative side.
  let slope: Float
  static let name = "leaky ReLU"
  static let code: UInt32 = 8
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixLeakyReLU, CMatrixLeakyReLUGradient)
  }
  var parameters: (Float, Float) { (slope, 0) }
  static func == (one: Self, other: Self) -> Bool { one.hasParameters(of: other) }
  func hash(into hasher: inout Hasher) { hashParameters(into: &hasher) }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // 0 times an infinity would be no number.
    let negative = slope == 0 ? SIMD8<Float>() : x * slope
    return negative.replacing(with: x, where: .!(x .<= 0))
  }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: slope).replacing(with: 1, where: .!(x .<= 0))
  }
}

/// σ(x) = 1 / (1 + e^-x).
struct Sigmoid: PointwiseFunction {
  static let name = "sigmoid"
  static let code: UInt32 = 9
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixSigmoid, CMatrixSigmoidGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorSigmoid(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let s = vectorSigmoid(x)
    return s * (1 - s)
  }
}

/// y = x · σ(x) (Elfwing, Uchibe, Doya 2018).
struct SiLU: PointwiseFunction {
  static let name = "SiLU"
  static let code: UInt32 = 10
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixSiLU, CMatrixSiLUGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * vectorSigmoid(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let s = vectorSigmoid(x)
    return s * (1 + x * (1 - s))
  }
}

/// y = tanh x.
struct HyperbolicTangent: PointwiseFunction {
  static let name = "tanh"
  static let code: UInt32 = 11
  static let isReproducible = true
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? {
    (CMatrixTangent, CMatrixTangentGradient)
  }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorTanh(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let t = vectorTanh(x)
    return 1 - t * t
  }
}

/// y = x · Φ(x), Φ the normal distribution function (Hendrycks, Gimpel 2016).
struct GELU: PointwiseFunction {
  static let name = "GELU"
  static let code: UInt32 = 12
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> { x * Self.distribution(x) }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    Self.distribution(x) + x * vectorExp(x * x * -0.5) * 0.398942280
  }
  private static func distribution(_ x: SIMD8<Float>) -> SIMD8<Float> {
    eachLane(x) { 0.5 * erfcf($0 * -0.707106781) }
  }
}

/// GELU with tanh: y = x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))).
struct TanhGELU: PointwiseFunction {
  static let name = "GELU (tanh)"
  static let code: UInt32 = 13
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    x * 0.5 * (1 + vectorTanh(Self.inner(x)))
  }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let t = vectorTanh(Self.inner(x))
    let slope = (x * x * (3 * 0.044715) + 1) * 0.797884561
    // Far out 1 - t² is 0 while the slope overflows; their product must stay 0.
    let bend = (x * slope * (1 - t * t)).replacing(with: 0, where: abs8(x) .> 10)
    return (1 + t) * 0.5 + bend * 0.5
  }
  private static func inner(_ x: SIMD8<Float>) -> SIMD8<Float> {
    (x + x * x * x * 0.044715) * 0.797884561
  }
}

/// y = x for x > 0, scale · (e^x - 1) otherwise (Clevert, Unterthiner, Hochreiter 2016).
struct ELU: PointwiseFunction {
  /// The negative side tends to -scale.
  let scale: Float
  static let name = "ELU"
  static let code: UInt32 = 14
  var parameters: (Float, Float) { (scale, 0) }
  static func == (one: Self, other: Self) -> Bool { one.hasParameters(of: other) }
  func hash(into hasher: inout Hasher) { hashParameters(into: &hasher) }
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    (vectorExpMinus1(x) * scale).replacing(with: x, where: .!(x .<= 0))
  }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> {
    (vectorExp(clamp(x, -104, 0)) * scale).replacing(with: 1, where: .!(x .<= 0))
  }
}

/// y = ln(1 + e^x).
struct Softplus: PointwiseFunction {
  static let name = "softplus"
  static let code: UInt32 = 15
  func value(_ x: SIMD8<Float>) -> SIMD8<Float> {
    x.replacing(with: 0, where: x .< 0) + eachLane(vectorExp(-abs8(x)), log1pf)
  }
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float> { vectorSigmoid(x) }
}

/// max(x, 0), element by element.
public func relu(_ x: Tensor) -> Tensor { leakyReLU(x, slope: 0) }

/// x for x > 0, slope · x otherwise.
public func leakyReLU(_ x: Tensor, slope: Float) -> Tensor {
  Tensor(Pointwise(LeakyReLU(slope: slope)), of: [x])
}

/// 1 / (1 + e^-x), element by element.
public func sigmoid(_ x: Tensor) -> Tensor { Tensor(Pointwise(Sigmoid()), of: [x]) }

/// x · σ(x), element by element.
public func silu(_ x: Tensor) -> Tensor { Tensor(Pointwise(SiLU()), of: [x]) }

/// tanh x, element by element.
public func tanh(_ x: Tensor) -> Tensor { Tensor(Pointwise(HyperbolicTangent()), of: [x]) }

/// x · Φ(x), element by element.
public func gelu(_ x: Tensor) -> Tensor { Tensor(Pointwise(GELU()), of: [x]) }

/// The tanh form of GELU, element by element.
public func tanhGELU(_ x: Tensor) -> Tensor { Tensor(Pointwise(TanhGELU()), of: [x]) }

/// x for x > 0, scale · (e^x - 1) otherwise.
public func elu(_ x: Tensor, scale: Float = 1) -> Tensor {
  Tensor(Pointwise(ELU(scale: scale)), of: [x])
}

/// ln(1 + e^x), element by element.
public func softplus(_ x: Tensor) -> Tensor { Tensor(Pointwise(Softplus()), of: [x]) }
