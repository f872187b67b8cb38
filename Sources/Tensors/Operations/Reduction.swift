import TensorKernels
import VulkanCompute

/// An associative function of two numbers: the open end of ``Reduction``.
protocol ReductionFunction: Sendable, Hashable {
  /// The name in reports.
  static var name: String { get }
  /// Its case in `Shaders/include/reduction_functions.glsl`.
  static var code: UInt32 { get }
  /// Whether results do not depend on the order.
  static var isExact: Bool { get }
  /// f(a, b) for eight pairs.
  static func combine(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float>
  /// The gradient by `x`, given result and upstream with the reduced axes kept at size 1.
  static func gradient(of x: Tensor, result: Tensor, upstream: Tensor) -> Tensor
}

/// y[o, i] = x[o, 0, i] ∘ x[o, 1, i] ∘ …: neighbouring axes reduced to one number.
///
/// **Shape** axes 1 ..< 3: [2, 3, 4, 5] → [2, 5], or [2, 1, 1, 5] when axes are kept.
/// **Cost** reads each element once; one dispatch per factor 4,096 (rows) or 64 (columns) in the
/// number of terms. **Accuracy** sums are trees in a fixed order: the error grows with the
/// logarithm of the number of terms.
struct Reduction<Function: ReductionFunction>: Operation {
  /// The axes, neighbours of each other.
  let axes: Range<Int>
  /// Whether reduced axes stay with size 1.
  let keepingAxes: Bool

  /// Reduces `axes`.
  init(over axes: Range<Int>, keepingAxes: Bool = false) {
    self.axes = axes
    self.keepingAxes = keepingAxes
  }

  static var name: String { Function.name }

  var isReproducible: Bool { Function.isExact }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      !axes.isEmpty && axes.lowerBound >= 0 && axes.upperBound <= inputs[0].rank,
      "\(Self.name): axes \(axes) of \(inputs[0])")
    return inputs[0].reducing(Set(axes), keepingAxes: keepingAxes)
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    ReductionLoop<Function>(inputs[0].shape, axes)
      .evaluate(inputs[0].floats, into: result.floats, on: workers)
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    ReductionLoop<Function>(inputs[0].shape, axes)
      .record(from: inputs[0].range, to: result.range, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let kept = inputs[0].shape.reducing(Set(axes), keepingAxes: true)
    return [
      Function.gradient(
        of: inputs[0], result: result.reshaped(to: kept), upstream: upstream.reshaped(to: kept))
    ]
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { Double(inputs[0].count) }

  func bytesMoved(inputs: [Shape], result: Shape) -> Int {
    ReductionLoop<Function>(inputs[0], axes).bytesMoved
  }
}

extension Reduction: RowReducing {
  func rowLength(inputs: [Shape]) -> Int? {
    let loop = ReductionLoop<Function>(inputs[0], axes)
    return loop.inner == 1 ? loop.count : nil
  }

  func append(to chain: inout ChainBuilder, inputs: [Shape]) -> [PointwiseChain.Register]? {
    chain.input(0, of: inputs[0], to: inputs[0]).map { [$0] }
  }

  func reduction(
    of chain: PointwiseChain, _ registers: [PointwiseChain.Register], rowLength: Int, result: Shape
  ) -> any Operation {
    ChainReduction<Function>(of: chain, registers, rowLength: rowLength, shape: result)
  }
}

extension Tensor {
  /// Reduces any axes: one operation per group of neighbours, the fastest axes first.
  func reduced<Function: ReductionFunction>(
    _ function: Function.Type, over axes: [Int], keepingAxes: Bool
  ) -> Tensor {
    let named = Set(axes.map { $0 < 0 ? shape.rank + $0 : $0 })
    precondition(
      named.count == axes.count && named.allSatisfy(shape.dimensions.indices.contains),
      "\(Function.name): axes \(axes) of \(shape)")
    let result = shape.reducing(named, keepingAxes: keepingAxes)
    var tensor = self
    // Axes of size 1 join whatever group is beside them: reducing them is free.
    var end = shape.rank
    while end > 0 {
      guard named.contains(end - 1), shape[end - 1] > 1 else {
        end -= 1
        continue
      }
      var start = end - 1
      while start > 0, named.contains(start - 1) { start -= 1 }
      tensor = Tensor(Reduction<Function>(over: start..<end, keepingAxes: true), of: [tensor])
      end = start
    }
    return tensor.reshaped(to: result)
  }
}
