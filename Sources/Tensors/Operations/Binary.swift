import CMatrix
import TensorKernels
import VulkanCompute

/// A function of two numbers: the open end of ``Binary``.
protocol BinaryFunction: Sendable, Hashable {
  /// The name in reports.
  static var name: String { get }
  /// Its case in `Shaders/include/binary_functions.glsl`.
  static var code: UInt32 { get }
  /// f(a, b) for eight pairs.
  static func value(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float>
  /// Gradients by a and b as expressions of the broadcast operands.
  static func gradients(
    _ a: Tensor, _ b: Tensor, result: Tensor, upstream: Tensor
  ) -> (Tensor?, Tensor?)
  /// Whether f(a, b) is the same bits on every backend under ``Arithmetic/reproducible``.
  static var isReproducible: Bool { get }
  /// The compiled loop, where there is one; it agrees with the definition up to roundings.
  static var kernel: CMatrixFunction? { get }
  /// f(a, b) for `count` pairs; the result may be one of the operands. Here so that its loop is
  /// compiled for each function.
  static func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int)
  init()
}

extension BinaryFunction {
  static var kernel: CMatrixFunction? { nil }
  /// Of two numbers all are, unless a function says otherwise.
  static var isReproducible: Bool { true }

  static func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let kernel { return evaluateElements(kernel, (0, 0), a, b, into: result, count: count) }
    forEachPair(a, b, into: result, count: count) { value($0, $1) }
  }
}

/// y = f(a, b), element by element; operands broadcast by NumPy's rule.
///
/// **Shape** a, b → their common shape. **Cost** one dispatch; at most four groups of axes that
/// broadcast differently.
struct Binary<Function: BinaryFunction>: Operation {
  /// Applies `Function`.
  init() {}

  static var name: String { Function.name }

  var isReproducible: Bool { Function.isReproducible }

  func shape(for inputs: [Shape]) -> Shape {
    guard let shape = inputs[0].broadcast(with: inputs[1]) else {
      preconditionFailure("\(Self.name): \(inputs[0]) and \(inputs[1]) do not broadcast")
    }
    // Traps here, where the expression is written, if there are too many groups of axes.
    _ = BroadcastLoops(inputs[0], inputs[1], shape)
    return shape
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let loops = BroadcastLoops(inputs[0].shape, inputs[1].shape, result.shape)
    let (a, b, y) = (inputs[0].floats, inputs[1].floats, result.floats)
    let length = loops.sizes[3]
    let (strideA, strideB) = (loops.first[3], loops.second[3])
    let pieces = (length + 16383) / 16384
    let rows = loops.sizes[0] * loops.sizes[1] * loops.sizes[2]
    // Short rows are grouped so that a piece is worth a thread's while.
    let rowsPerTask = pieces > 1 ? 1 : max(1, 16384 / length)
    workers.forEach((rows + rowsPerTask - 1) / rowsPerTask * pieces) { task in
      let columns = (task % pieces) * 16384..<min(length, (task % pieces + 1) * 16384)
      let firstRow = task / pieces * rowsPerTask
      for row in firstRow..<min(rows, firstRow + rowsPerTask) {
        let (offsetA, offsetB) = loops.offsets(ofRow: row)
        let (rowA, rowB, rowY) = (a + offsetA, b + offsetB, y + row * length)
        Function.evaluate(
          Lanes(start: rowA + columns.lowerBound * strideA, isUniform: strideA == 0),
          Lanes(start: rowB + columns.lowerBound * strideB, isUniform: strideB == 0),
          into: rowY + columns.lowerBound, count: columns.count)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let loops = BroadcastLoops(inputs[0].shape, inputs[1].shape, result.shape)
    let size = loops.sizes.map(UInt32.init)
    let (a, b) = (loops.first.map(UInt32.init), loops.second.map(UInt32.init))
    recorder.dispatch(
      BinaryKernel.self,
      .init(first: inputs[0].range, second: inputs[1].range, result: result.range),
      specialization: .init(function: Function.code),
      constants: .init(
        count: UInt32(result.count), size1: size[1], size2: size[2],
        size3: size[3], firstStride0: a[0], firstStride1: a[1],
        firstStride2: a[2], firstStride3: a[3], secondStride0: b[0],
        secondStride1: b[1], secondStride2: b[2], secondStride3: b[3]),
      workgroups: .covering(result.count, by: 64))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (a, b) = (inputs[0], inputs[1])
    let (byA, byB) = Function.gradients(a, b, result: result, upstream: upstream)
    return [byA?.summed(toShape: a.shape), byB?.summed(toShape: b.shape)]
  }
}

extension Binary: Elementwise, ElementFunction {
  var instructionCode: UInt32 { 64 + Function.code }
  var kernel: CMatrixFunction? { Function.kernel }

  func evaluate(
    _ a: Lanes, _ b: Lanes, into result: UnsafeMutablePointer<Float>, count: Int
  ) { Function.evaluate(a, b, into: result, count: count) }

  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? {
    guard let a = chain.input(0, of: inputs[0], to: result),
      let b = chain.input(1, of: inputs[1], to: result)
    else { return nil }
    return chain.apply(self, a, b)
  }
}

/// Two operands' strides over the result's axes, with axes that step alike merged, as four loops.
struct BroadcastLoops {
  private(set) var sizes: [Int] = []
  private(set) var first: [Int] = []
  private(set) var second: [Int] = []

  init(_ a: Shape, _ b: Shape, _ result: Shape) {
    let (stridesA, stridesB) = (Self.strides(of: a, in: result), Self.strides(of: b, in: result))
    for axis in result.dimensions.indices where result[axis] > 1 {
      let (size, x, y) = (result[axis], stridesA[axis], stridesB[axis])
      if let last = sizes.last, first[sizes.count - 1] == x * size,
        second[sizes.count - 1] == y * size
      {
        sizes[sizes.count - 1] = last * size
        (first[sizes.count - 1], second[sizes.count - 1]) = (x, y)
      } else {
        sizes.append(size)
        first.append(x)
        second.append(y)
      }
    }
    precondition(sizes.count <= 4, "\(a) and \(b): more than four groups of axes to broadcast")
    let missing = 4 - sizes.count
    sizes = [Int](repeating: 1, count: missing) + sizes
    first = [Int](repeating: 0, count: missing) + first
    second = [Int](repeating: 0, count: missing) + second
  }

  /// Where a row (all axes but the last) starts in both operands.
  func offsets(ofRow row: Int) -> (Int, Int) {
    let (k, j, i) = (row % sizes[2], row / sizes[2] % sizes[1], row / sizes[2] / sizes[1])
    return (
      i * first[0] + j * first[1] + k * first[2], i * second[0] + j * second[1] + k * second[2]
    )
  }

  private static func strides(of shape: Shape, in result: Shape) -> [Int] {
    let missing = result.rank - shape.rank
    let strides = shape.strides
    return result.dimensions.indices.map { axis in
      axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing]
    }
  }
}
