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

/// Computes a convolution by (y, x) phases on the CPU, the tiles of all phases in parallel.
func evaluateGather(
  _ inputs: [CPUTensor], into result: CPUTensor, groups: Int, transposed: Bool,
  axes: [(y: CMatrixAxis, x: CMatrixAxis)], on workers: CPUWorkers
) {
  let (source, weight) = (inputs[0], inputs[1])
  let sourceChannels = source.shape[1] / groups
  let resultChannels = result.shape[1] / groups
  let kernelArea = weight.shape[2] * weight.shape[3]
  let phases = axes.map { y, x in
    CMatrixConvolution(
      batch: source.shape[0], groups: groups, source_channels: sourceChannels,
      result_channels: resultChannels, y: y, x: x, source: source.floats, weight: weight.floats,
      weight_group_stride: sourceChannels * resultChannels * kernelArea,
      weight_result_stride: kernelArea * (transposed ? 1 : sourceChannels),
      weight_source_stride: kernelArea * (transposed ? resultChannels : 1),
      bias: inputs.count > 2 ? UnsafePointer(inputs[2].floats) : nil, result: result.floats)
  }
  phases.withUnsafeBufferPointer { phases in
    guard let first = phases.baseAddress else { return }
    let counts = phases.indices.map { cmatrix_convolution_tile_count(first + $0) }
    workers.forEach(counts.reduce(0, +)) { tile in
      var (phase, tile) = (0, tile)
      while tile >= counts[phase] {
        tile -= counts[phase]
        phase += 1
      }
      cmatrix_convolution_run_tile(first + phase, tile)
    }
  }
}

/// Declares the dispatch of a convolution or a transposed convolution.
func recordGather(
  _ geometry: ConvolutionGeometry, transposed: Bool, _ inputs: [GraphTensor],
  into result: GraphTensor, with recorder: inout Recorder
) {
  let (source, weight) = (inputs[0].shape, inputs[1].shape)
  let rows = result.shape[1] / geometry.groups
  let phases = transposed ? geometry.stride : PerAxis(1)
  // Positions of the first phase, which has the most.
  let columns =
    result.shape[0] * ((result.shape[2] + phases.y - 1) / phases.y)
    * ((result.shape[3] + phases.x - 1) / phases.x)
  let tile = ProductTile(rows: rows)
  let tiles = tile.count(rows: rows, columns: columns) * phases.y * phases.x * geometry.groups
  recorder.dispatch(
    ConvolutionGatherKernel.self,
    .init(
      source: inputs[0].range, weight: inputs[1].range,
      bias: inputs.count > 2 ? inputs[2].range : inputs[1].range, result: result.range),
    specialization: .init(
      rowsPerInvocation: tile.rowsPerInvocation, transposed: transposed,
      hasBias: inputs.count > 2, kernelHeight: Int32(weight[2]), kernelWidth: Int32(weight[3]),
      strideY: Int32(geometry.stride.y), strideX: Int32(geometry.stride.x),
      dilationY: Int32(geometry.dilation.y), dilationX: Int32(geometry.dilation.x),
      tapStepY: transposed ? Int32(geometry.tapStep(\.y)) : 1,
      tapStepX: transposed ? Int32(geometry.tapStep(\.x)) : 1),
    constants: .init(
      batch: UInt32(source[0]), groups: UInt32(geometry.groups),
      sourceChannels: UInt32(source[1] / geometry.groups), resultChannels: UInt32(rows),
      sourceHeight: Int32(source[2]), sourceWidth: Int32(source[3]),
      resultHeight: Int32(result.shape[2]), resultWidth: Int32(result.shape[3]),
      paddingY: Int32(geometry.padding.y), paddingX: Int32(geometry.padding.x)),
    workgroups: .covering(tiles, by: 1),
    arithmetic: 2 * Double((transposed ? source : result.shape).count)
      * Double(weight.count / weight[0]))
}
