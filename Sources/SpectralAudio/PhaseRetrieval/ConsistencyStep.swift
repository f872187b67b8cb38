import CMatrix
import TensorKernels
import Tensors
import VulkanCompute

/// An iteration of ``PhaseRetrieval`` in one pass: the ``ConsistencyConvolution`` P of y, then
///
///     y' = √(1+σ²) A c/√(|c|²+σ²A²),   c = t + step · (P - t),   t' = t + γ · (P - t)
///
/// **Shape** y [B, M, 2, K] for the first iteration, later y and t [2, B, M, 2, K]; A [B, M, K], places,
/// taps, turns, table, circle as for the convolution → y' and t' [2, B, M, 2, K], of the last iteration
/// y' [B, M, 2, K] only. **Gradient** none. **Cost** one dispatch.
struct ConsistencyStep: Operation {
  /// P.
  let convolution: ConsistencyConvolution
  /// How far c lies from t towards P; 1 for the first iteration.
  let step: Float
  /// γ.
  let relaxation: Float
  /// σ.
  let softness: Float
  /// Whether t' is not needed.
  let isLast: Bool

  static let name = "consistency step"

  var isReproducible: Bool { true }

  /// √(1 + σ²): keeps what has the right magnitudes as it is.
  private var gain: Float { (1 + softness * softness).squareRoot() }

  func shape(for inputs: [Shape]) -> Shape {
    let state = inputs[0].dimensions
    let spectra = Shape(state.count == 5 ? Array(state.dropFirst()) : state)
    let result = convolution.shape(for: [spectra] + inputs.dropFirst(2))
    precondition(
      inputs[1] == [result[0], result[1], result[3]],
      "\(Self.name): magnitudes \(inputs[1]), spectra \(result)")
    return isLast ? result : Shape([2] + result.dimensions)
  }

  /// P of a row is written where t' or the result belongs, and finished there.
  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let magnitudes = inputs[1].shape
    let (rows, bins) = (magnitudes[0] * magnitudes[1], magnitudes[2])
    let count = 2 * rows * bins
    let consistent = isLast ? result.floats : result.floats + count
    let averaged = inputs[0].shape.rank == 5 ? inputs[0].floats + count : consistent
    let (relaxation, isLast) = (relaxation, isLast)
    var projection = CMatrixMagnitudes(
      bins: bins, period: rows, step: step, gain: gain, squared_softness: softness * softness,
      magnitudes: inputs[1].floats, current: consistent, previous: averaged,
      result: result.floats)
    withUnsafePointer(to: &projection) { projection in
      convolution.project(
        inputs[0].floats, into: consistent, items: magnitudes[0], frames: magnitudes[1],
        by: Array(inputs.dropFirst(2)), on: workers
      ) { finished in
        for row in finished {
          cmatrix_project_magnitudes(projection, row)
          if isLast || relaxation == 1 { continue }
          for index in 2 * row * bins..<2 * (row + 1) * bins {
            let before = averaged[index]
            consistent[index] = before + relaxation * (consistent[index] - before)
          }
        }
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let magnitudes = inputs[1].shape
    let (frames, bins) = (magnitudes[1], magnitudes[2])
    let grid = ConsistencyBlocks.Grid(items: magnitudes[0], frames: frames, bins: bins)
    recorder.dispatch(
      ConsistencyBlockStepKernel.self,
      .init(
        spectra: inputs[0].range, table: inputs[5].range, circle: inputs[6].range,
        result: result.range, magnitudes: inputs[1].range),
      specialization: .init(
        workgroupSize: UInt32(grid.workgroupSize), isFirst: inputs[0].shape.rank == 4,
        isLast: isLast),
      constants: .init(
        tileCount: UInt32(grid.tileCount), tilesPerBlock: UInt32(grid.tilesPerBlock),
        blocksPerItem: UInt32(grid.blocksPerItem), frames: Int32(frames), bins: Int32(bins),
        transformSize: Int32(convolution.fftSize), hop: Int32(convolution.hop),
        shifts: Int32(inputs[2].shape[0]), count: Int32(2 * magnitudes.count), step: step,
        gain: gain, squaredSoftness: softness * softness, relaxation: relaxation),
      workgroups: .covering(grid.tileCount, by: 1),
      arithmetic: arithmetic(inputs: inputs.map(\.shape), result: result.shape))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): not differentiable; use the exact projection for gradients")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double {
    let magnitudes = inputs[1]
    let spectra: Shape = [magnitudes[0], magnitudes[1], 2, magnitudes[2]]
    return convolution.arithmetic(inputs: [spectra] + inputs.dropFirst(2), result: spectra)
      + 16 * Double(magnitudes.count)
  }
}
