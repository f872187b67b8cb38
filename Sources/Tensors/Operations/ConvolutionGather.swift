import CMatrix

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
  _ inputs: [CPUTensor], into result: CPUTensor, epilogue: UnsafePointer<CMatrixEpilogue>?,
  groups: Int, transposed: Bool, y: [CMatrixAxis], x: [CMatrixAxis], on workers: CPUWorkers
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
        packed: result.floats, epilogue: epilogue)
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
