import TensorKernels
package import Tensors
import VulkanCompute

/// a + step · (b - a) in one pass; a step above 1 goes beyond b.
///
/// **Shape** two equal ones → the same. **Cost** one dispatch.
package struct Interpolation: Operation {
  /// How far the result lies from a towards b.
  package let step: Float

  package static let name = "interpolation"

  package var isReproducible: Bool { true }

  /// Goes `step` of the way.
  package init(_ step: Float) { self.step = step }

  package func shape(for inputs: [Shape]) -> Shape {
    precondition(inputs[0] == inputs[1], "interpolation: \(inputs[0]) and \(inputs[1])")
    return inputs[0]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (a, b, y, step) = (inputs[0].floats, inputs[1].floats, result.floats, step)
    workers.forEachRange(result.count) { range in
      for index in range { y[index] = a[index] + step * (b[index] - a[index]) }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      InterpolationKernel.self,
      .init(first: inputs[0].range, second: inputs[1].range, result: result.range),
      specialization: .init(), constants: .init(count: UInt32(result.count), fraction: step),
      workgroups: .covering(result.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream * (1 - step), upstream * step]
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double { 3 * Double(result.count) }
}
