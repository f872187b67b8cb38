import CMatrix
import TensorKernels
import VulkanCompute

/// A function of one number with its derivative: the open end of ``Pointwise``. Adding one takes a
/// conforming type and a case of the same `code` in `Shaders/include/pointwise_functions.glsl`. One
/// that depends on numbers compares them by bits, see ``hasParameters(of:)``.
protocol PointwiseFunction: Sendable, Hashable {
  /// The name in reports.
  static var name: String { get }
  /// Its case in the shader.
  static var code: UInt32 { get }
  /// Up to two numbers the function depends on.
  var parameters: (Float, Float) { get }
  /// f(x) for eight numbers.
  func value(_ x: SIMD8<Float>) -> SIMD8<Float>
  /// f'(x) for eight numbers.
  func derivative(_ x: SIMD8<Float>) -> SIMD8<Float>
  /// Whether f(x) is the same bits on every backend under ``Arithmetic/reproducible``: the shader's case is
  /// made of the same operations as the compiled loop.
  static var isReproducible: Bool { get }
  /// The compiled loops for f(x) and for f'(x) · g, where there are any: faster than those made of
  /// the definitions above, with which they agree up to roundings.
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? { get }
  /// f(x) for `count` numbers; `y` may be `x`. Here so that its loop is compiled for each function.
  func evaluate(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int)
  /// f'(x) · g for `count` numbers; the result may be one of the operands.
  func evaluateGradient(
    _ x: Lanes, _ g: Lanes, into result: UnsafeMutablePointer<Float>, count: Int)
}

extension PointwiseFunction {
  var parameters: (Float, Float) { (0, 0) }
  static var isReproducible: Bool { false }
  static var kernels: (value: CMatrixFunction, gradient: CMatrixFunction)? { nil }

  /// Whether the parameters have the same bits: a function with 0 is not the same as one with -0,
  /// whose results may have other signs, and equal functions are computed once.
  func hasParameters(of other: Self) -> Bool {
    let (own, others) = (parameters, other.parameters)
    return own.0.bitPattern == others.0.bitPattern && own.1.bitPattern == others.1.bitPattern
  }

  /// What agrees with ``hasParameters(of:)``.
  func hashParameters(into hasher: inout Hasher) {
    hasher.combine(parameters.0.bitPattern)
    hasher.combine(parameters.1.bitPattern)
  }

  func evaluate(
    _ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let kernel = Self.kernels?.value {
      let x = Lanes(start: x)
      return evaluateElements(kernel, parameters, x, x, into: y, count: count)
    }
    forEachVector(in: 0..<count) { index, load, store in store(y, index, value(load(x, index))) }
  }

  func evaluateGradient(
    _ x: Lanes, _ g: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let kernel = Self.kernels?.gradient {
      return evaluateElements(kernel, parameters, x, g, into: result, count: count)
    }
    forEachPair(x, g, into: result, count: count) { x, g in derivative(x) * g }
  }
}

/// Runs a compiled loop.
func evaluateElements(
  _ function: CMatrixFunction, _ parameters: (Float, Float), _ a: Lanes, _ b: Lanes,
  into result: UnsafeMutablePointer<Float>, count: Int
) {
  var elementwise = CMatrixElementwise(
    function: function, parameters: parameters, a: a.start, a_is_uniform: a.isUniform,
    b: b.start, b_is_uniform: b.isUniform)
  cmatrix_elementwise(&elementwise, result, count)
}

/// y = f(x), element by element.
///
/// **Shape** any → the same. **Cost** one dispatch; reads and writes each element once.
struct Pointwise<Function: PointwiseFunction>: Operation {
  /// The function.
  let function: Function

  /// Applies `function`.
  init(_ function: Function) { self.function = function }

  static var name: String { Function.name }

  var isReproducible: Bool { Function.isReproducible }

  func shape(for inputs: [Shape]) -> Shape { inputs[0] }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (x, y, function) = (inputs[0].floats, result.floats, function)
    workers.forEachRange(result.count) { range in
      function.evaluate(x + range.lowerBound, into: y + range.lowerBound, count: range.count)
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      PointwiseKernel.self, .init(source: inputs[0].range, result: result.range),
      specialization: .init(function: Function.code),
      constants: .init(
        count: UInt32(result.count), firstParameter: function.parameters.0,
        secondParameter: function.parameters.1),
      workgroups: .covering(result.count, by: 64))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [Tensor(PointwiseGradient(function), of: [inputs[0], upstream])]
  }
}

/// f'(x) · g: the gradient of ``Pointwise`` in one pass. Linear in g.
struct PointwiseGradient<Function: PointwiseFunction>: Operation {
  /// The function whose derivative is taken.
  let function: Function

  /// Multiplies by the derivative of `function`.
  init(_ function: Function) { self.function = function }

  static var name: String { Function.name + " gradient" }

  var isReproducible: Bool { false }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(inputs[0] == inputs[1], "\(Self.name): \(inputs[0]) and upstream \(inputs[1])")
    return inputs[0]
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (x, g, y, function) = (inputs[0].floats, inputs[1].floats, result.floats, function)
    workers.forEachRange(result.count) { range in
      let start = range.lowerBound
      function.evaluateGradient(
        Lanes(start: x + start), Lanes(start: g + start), into: y + start, count: range.count)
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      PointwiseGradientKernel.self,
      .init(source: inputs[0].range, upstream: inputs[1].range, result: result.range),
      specialization: .init(function: Function.code),
      constants: .init(
        count: UInt32(result.count), firstParameter: function.parameters.0,
        secondParameter: function.parameters.1),
      workgroups: .covering(result.count, by: 64))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): second derivatives are not available")
  }
}

extension Pointwise: Elementwise, ElementFunction {
  var instructionCode: UInt32 { Function.code }
  var kernel: CMatrixFunction? { Function.kernels?.value }
  var parameters: (Float, Float) { function.parameters }

  func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) {
    guard a.isUniform else { return function.evaluate(a.start, into: result, count: count) }
    // There is one element to read, whatever the count.
    function.evaluate(a.start, into: result, count: 1)
    result.update(repeating: result.pointee, count: count)
  }

  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? {
    chain.input(0, of: inputs[0], to: result).map { chain.apply(self, $0) }
  }
}

extension PointwiseGradient: Elementwise, ElementFunction {
  var instructionCode: UInt32 { 32 + Function.code }
  var kernel: CMatrixFunction? { Function.kernels?.gradient }
  var parameters: (Float, Float) { function.parameters }

  func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) { function.evaluateGradient(a, b, into: result, count: count) }

  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? {
    guard let x = chain.input(0, of: inputs[0], to: result),
      let g = chain.input(1, of: inputs[1], to: result)
    else { return nil }
    return chain.apply(self, x, g)
  }
}

/// Calls `body` for every eighth index of a range with functions that load and store eight
/// elements, or as many as are left at the end of the range.
@inline(__always)
func forEachVector(
  in range: Range<Int>,
  _ body: (
    _ index: Int, _ load: (UnsafeMutablePointer<Float>, Int) -> SIMD8<Float>,
    _ store: (UnsafeMutablePointer<Float>, Int, SIMD8<Float>) -> Void
  ) -> Void
) {
  var index = range.lowerBound
  let end = range.upperBound
  while index &+ 8 <= end {
    body(
      index,
      { UnsafeRawPointer($0 + $1).loadUnaligned(as: SIMD8<Float>.self) },
      { UnsafeMutableRawPointer($0 + $1).storeBytes(of: $2, as: SIMD8<Float>.self) })
    index &+= 8
  }
  guard index < end else { return }
  let rest = end - index
  body(
    index,
    { pointer, index in
      var vector = SIMD8<Float>()
      for lane in 0..<rest { vector[lane] = pointer[index + lane] }
      return vector
    },
    { pointer, index, vector in
      for lane in 0..<rest { pointer[index + lane] = vector[lane] }
    })
}
