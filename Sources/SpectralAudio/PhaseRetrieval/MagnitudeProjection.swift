import CMatrix
import TensorKernels
public import Tensors
import VulkanCompute

/// A · c/|c|: the complex numbers nearest to c that have the magnitudes A. Where c = 0, A itself.
///
/// That jumps at c = 0. With a softness σ it is smooth, and the same where |c| = A:
///
///     √(1 + σ²) · A c / √(|c|² + σ²A²)
///
/// multiplies what two c differ by at most by √(1 + 1/σ²): by √2 for σ = 1.
///
/// With a previous estimate t, c = t + step · (p - t): the acceleration of phase retrieval in the
/// same pass.
///
/// **Shape** A [B, M, K], p [B, M, 2, K] or [M, 2, K] for all items, t like p → [B, M, 2, K].
/// **Gradient** by A, and by p and t where c ≠ 0 or σ > 0. **Cost** one dispatch.
package struct MagnitudeProjection: Operation {
  /// How far c lies from t towards p; 1 without a previous estimate.
  package let step: Float
  /// σ; 0 is the projection itself.
  package let softness: Float

  package static let name = "magnitude projection"

  package var isReproducible: Bool { true }

  /// Projects `t + step * (p - t)`.
  package init(step: Float = 1, softness: Float = 0) {
    self.step = step
    self.softness = softness
  }

  /// √(1 + σ²): keeps what has the right magnitudes as it is.
  private var gain: Float { (1 + softness * softness).squareRoot() }

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
      bins: bins, period: inputs[1].count / (2 * bins), step: step, gain: gain,
      squared_softness: softness * softness, magnitudes: inputs[0].floats,
      current: inputs[1].floats, previous: inputs[inputs.count > 2 ? 2 : 1].floats,
      result: result.floats)
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
        fraction: step, gain: gain, squaredSoftness: softness * softness),
      workgroups: .covering(magnitudes.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (magnitudes, current) = (inputs[0], inputs[1])
    let blended =
      inputs.count > 2 ? Tensor(Interpolation(step), of: [inputs[2], current]) : current
    let (byMagnitudes, byEach) =
      softness == 0
      ? sharpGradients(magnitudes, blended, upstream)
      : softGradients(magnitudes, blended, upstream)
    let byBlended = current.shape.rank == 3 ? byEach.sum(over: [0]) : byEach
    guard inputs.count > 2 else { return [byMagnitudes, byBlended] }
    return [byMagnitudes, byBlended * step, byBlended * (1 - step)]
  }

  /// y = A u, u = c/|c|: dA = <g, u>, dc = A (g - u <g, u>) / |c|.
  private func sharpGradients(
    _ magnitudes: Tensor, _ blended: Tensor, _ upstream: Tensor
  ) -> (byMagnitudes: Tensor, byEach: Tensor) {
    let shape = magnitudes.shape
    let ones = Tensor.constant([Float](repeating: 1, count: shape.count), shape: shape)
    let unit = Tensor(MagnitudeProjection(), of: [ones, blended])
    let along = (upstream * unit).sum(over: [2])
    let wide: Shape = [shape[0], shape[1], 1, shape[2]]
    let length = SpectralAudio.magnitude(blended)
    let itemShape = Shape(length.shape.dimensions.dropLast() + [1, shape[2]])
    let slope =
      magnitudes.reshaped(to: wide)
      / maximum(length, .constant(.leastNormalMagnitude)).reshaped(to: itemShape)
    return (along, slope * (upstream - unit * along.reshaped(to: wide)))
  }

  /// y = g A c/d, d = √(|c|² + σ²A²), with <upstream, c> = p:
  /// dA = g p |c|² / d³, dc = (g A / d) (upstream - c p / d²).
  private func softGradients(
    _ magnitudes: Tensor, _ blended: Tensor, _ upstream: Tensor
  ) -> (byMagnitudes: Tensor, byEach: Tensor) {
    let shape = magnitudes.shape
    let wide: Shape = [shape[0], shape[1], 1, shape[2]]
    let energy = square(blended).sum(over: [blended.shape.rank - 2])
    let squared = energy + square(magnitudes) * (softness * softness)
    let distance = sqrt(maximum(squared, .constant(.leastNormalMagnitude)))
    let along = (upstream * blended).sum(over: [2])
    let slope = (magnitudes * gain / distance).reshaped(to: wide)
    let part = (along / square(distance)).reshaped(to: wide)
    let byMagnitudes = along * energy * gain / (distance * square(distance))
    return (byMagnitudes, slope * (upstream - blended * part))
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
