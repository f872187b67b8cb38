import CMatrix
import TensorKernels
import VulkanCompute

// What a convolution and a transposed convolution compute in common: every result gathers source
// values at coordinates that are affine in its position and the tap.

extension ConvolutionGeometry {
  /// One axis of a convolution.
  func forwardAxis(
    _ axis: KeyPath<PerAxis, Int>, _ source: Int, _ kernel: Int, _ result: Int
  ) -> CMatrixAxis {
    CMatrixAxis(
      count: result, taps: kernel, source_size: source, source_step: stride[keyPath: axis],
      source_offset: -padding[keyPath: axis], source_tap_step: dilation[keyPath: axis],
      result_size: result, result_step: 1, result_offset: 0, weight_size: kernel,
      weight_offset: 0, weight_tap_step: 1)
  }

  /// One axis of a transposed convolution: results of a phase (coordinates modulo the stride) see
  /// every `tapStep`-th tap.
  func phaseAxes(
    _ axis: KeyPath<PerAxis, Int>, _ source: Int, _ kernel: Int, _ result: Int
  ) -> [CMatrixAxis] {
    let (stride, padding) = (stride[keyPath: axis], padding[keyPath: axis])
    let (dilation, tapStep) = (dilation[keyPath: axis], tapStep(axis))
    return (0..<min(stride, result)).map { phase in
      let first = (0..<min(kernel, tapStep)).first {
        (phase + padding - $0 * dilation) % stride == 0
      }
      return CMatrixAxis(
        count: (result - phase + stride - 1) / stride,
        taps: first.map { (kernel - $0 + tapStep - 1) / tapStep } ?? 0,
        source_size: source, source_step: 1,
        source_offset: (phase + padding - (first ?? 0) * dilation) / stride,
        source_tap_step: -dilation * tapStep / stride,
        result_size: result, result_step: stride, result_offset: phase, weight_size: kernel,
        weight_offset: first ?? 0, weight_tap_step: tapStep)
    }
  }

  /// Distance between the taps that one phase of a transposed convolution sees.
  func tapStep(_ axis: KeyPath<PerAxis, Int>) -> Int {
    stride[keyPath: axis]
      / greatestCommonDivisor(stride[keyPath: axis], dilation[keyPath: axis])
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}

/// Computes a convolution on the CPU, given the phases of both axes: weights are packed once, then
/// the tiles of all phases run in parallel.
func evaluateGather(
  _ inputs: [CPUTensor], into result: CPUTensor, groups: Int, transposed: Bool,
  y: [CMatrixAxis], x: [CMatrixAxis], on workers: CPUWorkers
) {
  let (source, weight) = (inputs[0], inputs[1])
  let sourceChannels = source.shape[1] / groups
  let resultChannels = result.shape[1] / groups
  let kernelArea = weight.shape[2] * weight.shape[3]
  y.withUnsafeBufferPointer { y in
    x.withUnsafeBufferPointer { x in
      guard let firstY = y.baseAddress, let firstX = x.baseAddress else { return }
      var problem = CMatrixConvolution(
        batch: source.shape[0], groups: groups, source_channels: sourceChannels,
        result_channels: resultChannels, y_phases: y.count, x_phases: x.count, y: firstY,
        x: firstX, source: source.floats, weight: weight.floats,
        weight_group_stride: sourceChannels * resultChannels * kernelArea,
        weight_result_stride: kernelArea * (transposed ? 1 : sourceChannels),
        weight_source_stride: kernelArea * (transposed ? resultChannels : 1),
        bias: inputs.count > 2 ? UnsafePointer(inputs[2].floats) : nil, result: result.floats,
        packed: result.floats)
      workers.withScratch(count: cmatrix_convolution_packed_count(&problem)) { packed in
        problem.packed = packed
        withUnsafePointer(to: problem) { problem in
          workers.forEach(cmatrix_convolution_piece_count(problem)) {
            cmatrix_convolution_pack_piece(problem, $0)
          }
          workers.forEach(cmatrix_convolution_tile_count(problem)) {
            cmatrix_convolution_run_tile(problem, $0)
          }
        }
      }
    }
  }
}

/// Declares the dispatches of a convolution or a transposed convolution.
func recordGather(
  _ geometry: ConvolutionGeometry, transposed: Bool, _ inputs: [GraphTensor],
  into result: GraphTensor, with recorder: inout Recorder
) {
  let problem = ProductProblem(
    transposed ? .byInput : .forward, source: inputs[0].shape, operand: inputs[1].shape,
    result: result.shape, geometry: geometry)
  let tile = recorder.tile(for: problem)
  let bias = inputs.count > 2 ? inputs[2] : nil
  // Elements of a spanned axis have become channels of their own.
  let rowsPerBias = bias.map { problem.result[1] / $0.count } ?? 1
  if tile.method == .narrow {
    return recordNarrow(
      problem, tile, inputs, into: result, rowsPerBias: rowsPerBias, with: &recorder)
  }
  let length = tile.chunkLength(problem.depth)
  let chunks = max(1, (problem.depth + length - 1) / max(length, 1))
  let target = chunks > 1 ? recorder.scratch(count: chunks * result.count) : result.range
  // The first phase has the most positions.
  let phaseCount = transposed ? problem.geometry.stride.y * problem.geometry.stride.x : 1
  let rowTiles = (problem.rows + tile.rows - 1) / tile.rows
  let columnTiles = (problem.firstPhaseColumns + tile.columns - 1) / tile.columns
  var specialization = ConvolutionGatherKernel.Specialization()
  specialization.set(tile, for: problem)
  specialization.set(problem, isSpecialized: tile.specializesSizes)
  specialization.set(problem, depth: tile.depth)
  specialization.hasBias = bias != nil && chunks == 1
  specialization.rowsPerBias = UInt32(rowsPerBias)
  recorder.dispatch(
    ConvolutionGatherKernel.self,
    .init(
      source: inputs[0].range, weight: inputs[1].range,
      bias: bias?.range ?? inputs[1].range, result: target),
    specialization: specialization,
    constants: gatherConstants(problem, chunks: chunks, chunkLength: length),
    workgroups: .covering(
      problem.count * phaseCount * rowTiles * columnTiles * chunks, by: 1),
    arithmetic: 2 * problem.multiplications,
    executedMultiplications: tile.executedMultiplications(for: problem))
  guard chunks > 1 else { return }
  recorder.dispatch(
    MergePartialsKernel.self,
    .init(partials: target, bias: bias?.range ?? inputs[1].range, result: result.range),
    specialization: .init(hasBias: bias != nil, rowsPerBias: UInt32(rowsPerBias)),
    constants: .init(
      count: UInt32(result.count), channels: UInt32(problem.result[1]),
      area: UInt32(problem.result[2] * problem.result[3]), chunks: UInt32(chunks)),
    workgroups: .covering(result.count, by: 64), arithmetic: Double(chunks * result.count))
}

/// Declares the dispatch of a transposed convolution to few channels.
private func recordNarrow(
  _ problem: ProductProblem, _ tile: ProductTile, _ inputs: [GraphTensor],
  into result: GraphTensor, rowsPerBias: Int, with recorder: inout Recorder
) {
  var specialization = ConvolutionNarrowKernel.Specialization()
  specialization.set(problem, isSpecialized: true)
  specialization.workgroupSize = UInt32(tile.workgroupSize)
  specialization.cells = Int32(tile.rowsPerInvocation)
  specialization.hasBias = inputs.count > 2
  specialization.rowsPerBias = UInt32(rowsPerBias)
  recorder.dispatch(
    ConvolutionNarrowKernel.self,
    .init(
      source: inputs[0].range, weight: inputs[1].range,
      bias: inputs.count > 2 ? inputs[2].range : inputs[1].range, result: result.range),
    specialization: specialization,
    constants: .init(gatherConstants(problem, chunks: 1, chunkLength: 0)),
    workgroups: .covering(tile.narrowInvocations(for: problem), by: tile.workgroupSize),
    arithmetic: 2 * problem.multiplications,
    executedMultiplications: tile.executedMultiplications(for: problem))
}

private func gatherConstants(
  _ problem: ProductProblem, chunks: Int, chunkLength: Int
) -> ConvolutionGatherKernel.Constants {
  let (source, result) = (problem.source, problem.result)
  return .init(
    batch: UInt32(source[0]), groups: UInt32(problem.geometry.groups),
    sourceChannels: UInt32(problem.sourceChannels), resultChannels: UInt32(problem.rows),
    sourceHeight: Int32(source[2]), sourceWidth: Int32(source[3]),
    resultHeight: Int32(result[2]), resultWidth: Int32(result[3]),
    paddingY: Int32(problem.geometry.padding.y), paddingX: Int32(problem.geometry.padding.x),
    chunks: UInt32(chunks), chunkLength: UInt32(chunkLength))
}

extension ConvolutionNarrowKernel.Constants {
  /// The constants of `convolution_sizes.glsl`, as another kernel with that file has them.
  fileprivate init(_ other: ConvolutionGatherKernel.Constants) {
    self.init(
      batch: other.batch, groups: other.groups, sourceChannels: other.sourceChannels,
      resultChannels: other.resultChannels, sourceHeight: other.sourceHeight,
      sourceWidth: other.sourceWidth, resultHeight: other.resultHeight,
      resultWidth: other.resultWidth, paddingY: other.paddingY, paddingX: other.paddingX,
      chunks: other.chunks, chunkLength: other.chunkLength)
  }
}

extension ConvolutionGatherKernel.Specialization {
  /// Sets what depends on phases and taps.
  fileprivate mutating func set(_ problem: ProductProblem, depth: Int) {
    transposed = problem.kind == .byInput
    let taps: Int
    if transposed {
      let geometry = problem.geometry
      let step = PerAxis(y: geometry.tapStep(\.y), x: geometry.tapStep(\.x))
      (tapStepY, tapStepX) = (Int32(step.y), Int32(step.x))
      uneven =
        problem.kernel.y % step.y != 0 || problem.kernel.x % step.x != 0 || step != geometry.stride
      taps = problem.kernel.y / step.y * (problem.kernel.x / step.x)
    } else {
      taps = problem.kernel.y * problem.kernel.x
    }
    wholeChannels = !uneven && depth % taps == 0
  }
}

extension ProductProblem {
  /// Columns of the first phase, which has the most positions even where it has no taps.
  fileprivate var firstPhaseColumns: Int {
    guard kind == .byInput else { return columns }
    let stride = geometry.stride
    return result[0] * ((result[2] + stride.y - 1) / stride.y)
      * ((result[3] + stride.x - 1) / stride.x)
  }
}
