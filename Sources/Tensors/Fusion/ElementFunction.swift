import CMatrix

/// What one instruction of a ``PointwiseChain`` computes: a function of one or two numbers.
///
/// ``Pointwise``, ``PointwiseGradient`` and ``Binary`` conform, so every function of theirs can
/// take part in a chain.
protocol ElementFunction: Sendable, Hashable {
  /// Its case in `chain_value` of `Shaders/include/chain_functions.glsl`.
  var instructionCode: UInt32 { get }
  /// Up to two numbers the function depends on.
  var parameters: (Float, Float) { get }
  /// The compiled loop, where there is one.
  var kernel: CMatrixFunction? { get }
  /// Whether it gives the same bits on every backend under ``Arithmetic/reproducible``.
  var isReproducible: Bool { get }
  /// f(a, b) for `count` elements, at least one; functions of one number ignore `b`. Either operand
  /// may be one number for all of them. The result may be one of the operands that are not.
  func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int)
}

extension ElementFunction {
  var parameters: (Float, Float) { (0, 0) }
  /// Not the same bits everywhere, unless a function says otherwise.
  var isReproducible: Bool { false }
  /// To compare functions of different types.
  var erased: AnyHashable { AnyHashable(self) }
}

/// An operand of a loop over elements: a number for each element, or one for all.
struct Lanes {
  /// The first element.
  var start: UnsafeMutablePointer<Float>
  /// Whether `start` counts for every element.
  var isUniform = false
}

/// Calls `f` for eight pairs of operands at a time and stores its results.
@inline(__always)
func forEachPair(
  _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int,
  _ f: (SIMD8<Float>, SIMD8<Float>) -> SIMD8<Float>
) {
  if a.isUniform {
    let left = SIMD8(repeating: a.start.pointee)
    if b.isUniform {
      let value = f(left, SIMD8(repeating: b.start.pointee))
      forEachVector(in: 0..<count) { index, _, store in store(result, index, value) }
    } else {
      forEachVector(in: 0..<count) { index, load, store in
        store(result, index, f(left, load(b.start, index)))
      }
    }
  } else if b.isUniform {
    let right = SIMD8(repeating: b.start.pointee)
    forEachVector(in: 0..<count) { index, load, store in
      store(result, index, f(load(a.start, index), right))
    }
  } else {
    forEachVector(in: 0..<count) { index, load, store in
      store(result, index, f(load(a.start, index), load(b.start, index)))
    }
  }
}

/// One number, known when the expression is built.
struct KnownNumber: ElementFunction {
  let value: Float
  var instructionCode: UInt32 { 96 }
  var kernel: CMatrixFunction? { CMatrixNumber }
  var isReproducible: Bool { true }
  var parameters: (Float, Float) { (value, 0) }
  func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) { result.update(repeating: value, count: count) }

  /// By bits: 0 and -0 are not the same number to a division.
  static func == (one: Self, other: Self) -> Bool {
    one.value.bitPattern == other.value.bitPattern
  }

  func hash(into hasher: inout Hasher) { hasher.combine(value.bitPattern) }
}
