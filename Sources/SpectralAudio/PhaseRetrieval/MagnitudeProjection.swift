import CMatrix
import TensorKernels
public import Tensors
import VulkanCompute

/// A · c/|c|: the complex numbers nearest to c that have the magnitudes A. Where c = 0, A itself.
///
/// With a previous estimate t, c = t + step · (p - t): the acceleration of phase retrieval in the
/// same pass.
///
/// **Shape** A [B, M, K], p [B, M, 2, K] or [M, 2, K] for all items, t like p → [B, M, 2, K].
/// **Gradient** by A, and by p and t where c ≠ 0. **Cost** one dispatch.
package struct MagnitudeProjection: Operation {
  /// How far c lies from t towards p; 1 without a previous estimate.
  package let step: Float

  package static let name = "magnitude projection"

  /// Projects `t + step * (p - t)`.
  package init(step: Float = 1) { self.step = step }

  package func shape(for inputs: [Shape]) -> Shape {
    let (magnitudes, current) = (inputs[0], inputs[1])
    precondition(magnitudes.rank == 3, "magnitude projection: magnitudes \(magnitudes)")
    let item: Shape = [magnitudes[1], 2, magnitudes[2]]
    let result = Shape([magnitudes[0]] + item.dimensions)
    precondition(
      current == result || current == item,
      "magnitude projection: magnitudes \(magnitudes), spectrum \(current)")
    for previous in inputs.dropFirst(2) {
      precondition(
        previous == current, "magnitude projection: spectrum \(current), previous \(previous)")
    }
    return result
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let bins = inputs[0].shape[2]
    var projection = CMatrixMagnitudes(
      bins: bins, period: inputs[1].count / (2 * bins), step: step,
      magnitudes: inputs[0].floats, current: inputs[1].floats,
      previous: inputs[inputs.count > 2 ? 2 : 1].floats, result: result.floats)
    withUnsafePointer(to: &projection) { projection in
      workers.forEachRange(inputs[0].count / bins, grain: max(1, 8192 / bins)) { rows in
        for row in rows { cmatrix_project_magnitudes(projection, row) }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let magnitudes = inputs[0]
    recorder.dispatch(
      MagnitudeProjectionKernel.self,
      .init(
        magnitudes: magnitudes.range, current: inputs[1].range,
        previous: inputs[inputs.count > 2 ? 2 : 1].range, result: result.range),
      specialization: .init(),
      constants: .init(
        count: UInt32(magnitudes.count), bins: UInt32(magnitudes.shape[2]),
        rows: UInt32(inputs[1].count / (2 * magnitudes.shape[2])),
        fraction: step),
      workgroups: .covering(magnitudes.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (magnitudes, current) = (inputs[0], inputs[1])
    let blended =
      inputs.count > 2 ? Tensor(Interpolation(step), of: [inputs[2], current]) : current
    // y = A u, u = c/|c|: dA = <g, u>, dc = A (g - u <g, u>) / |c|.
    let ones = Tensor.constant(
      [Float](repeating: 1, count: magnitudes.shape.count), shape: magnitudes.shape)
    let unit = Tensor(MagnitudeProjection(), of: [ones, blended])
    let along = (upstream * unit).sum(over: [2])
    let shape = magnitudes.shape
    let wide: Shape = [shape[0], shape[1], 1, shape[2]]
    let length = SpectralAudio.magnitude(blended)
    let itemShape = Shape(length.shape.dimensions.dropLast() + [1, shape[2]])
    let slope =
      magnitudes.reshaped(to: wide)
      / maximum(length, .constant(.leastNormalMagnitude)).reshaped(to: itemShape)
    var byBlended = slope * (upstream - unit * along.reshaped(to: wide))
    if current.shape.rank == 3 { byBlended = byBlended.sum(over: [0]) }
    guard inputs.count > 2 else { return [along, byBlended] }
    return [along, byBlended * step, byBlended * (1 - step)]
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double { 10 * Double(inputs[0].count) }
}

extension Tensor {
  /// The complex numbers nearest to these, [B, M, 2, K] or [M, 2, K], that have the given
  /// magnitudes [B, M, K].
  public func projected(ontoMagnitudes magnitudes: Tensor) -> Tensor {
    Tensor(MagnitudeProjection(), of: [magnitudes, self])
  }
}
