import TensorKernels
public import Tensors
import VulkanCompute

/// |c| or |c|² of complex numbers.
///
/// **Shape** [..., 2, K], real and imaginary parts → [..., K]. **Gradient** 2cg for the power and
/// cg / |c| for the magnitude, 0 where c = 0. **Cost** one dispatch.
package struct SpectrumMagnitude: Operation {
  /// Whether the result is |c|² instead of |c|.
  package let isSquared: Bool

  package static let name = "magnitude"

  /// The CPU's root is its own.
  package var isReproducible: Bool { isSquared }

  /// The magnitude, or its square.
  package init(isSquared: Bool) { self.isSquared = isSquared }

  package func shape(for inputs: [Shape]) -> Shape {
    let spectrum = inputs[0]
    precondition(
      spectrum.rank >= 2 && spectrum[-2] == 2, "magnitude: \(spectrum) is not [..., 2, bins]")
    return Shape(spectrum.dimensions.dropLast(2) + [spectrum[-1]])
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (x, y, bins) = (inputs[0].floats, result.floats, result.shape[-1])
    let isSquared = isSquared
    workers.forEachRange(result.count / bins, grain: max(1, 8192 / bins)) { range in
      for row in range {
        let (real, imaginary) = (x + 2 * row * bins, x + (2 * row + 1) * bins)
        let target = y + row * bins
        for bin in 0..<bins {
          let power = real[bin] * real[bin] + imaginary[bin] * imaginary[bin]
          target[bin] = isSquared ? power : power.squareRoot()
        }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      SpectrumMagnitudeKernel.self, .init(spectrum: inputs[0].range, result: result.range),
      specialization: .init(squared: isSquared),
      constants: .init(count: UInt32(result.count), bins: UInt32(result.shape[-1])),
      workgroups: .covering(result.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let tiny = Tensor.constant(.leastNormalMagnitude)
    let slope = isSquared ? upstream * 2 : upstream / maximum(result, tiny)
    let shape = result.shape.dimensions
    return [inputs[0] * slope.reshaped(to: Shape(shape.dropLast() + [1, shape[shape.count - 1]]))]
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double { 4 * Double(result.count) }
}

/// |c| of complex numbers: [..., 2, K] → [..., K].
public func magnitude(_ spectrum: Tensor) -> Tensor {
  Tensor(SpectrumMagnitude(isSquared: false), of: [spectrum])
}

/// |c|² of complex numbers: [..., 2, K] → [..., K].
public func power(_ spectrum: Tensor) -> Tensor {
  Tensor(SpectrumMagnitude(isSquared: true), of: [spectrum])
}
