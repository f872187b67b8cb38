import SpectralAudio
import Tensors

extension OperationCase {
  /// Matrix products and convolutions.
  static let products: [OperationCase] = [
    .init("matrixProduct", [17, 33], [33, 9]) { matrixProduct($0[0], $0[1]) },
    .init("matrixProduct, transposed left", [33, 17], [33, 9]) {
      matrixProduct($0[0], $0[1], transposeLeft: true)
    },
    .init("matrixProduct, transposed right", [17, 33], [9, 33]) {
      matrixProduct($0[0], $0[1], transposeRight: true)
    },
    .init("matrixProduct, batch", [3, 17, 9], [3, 9, 5]) { matrixProduct($0[0], $0[1]) },
    .init("matrixProduct, shared left", [7, 9], [3, 17, 9]) {
      matrixProduct($0[0], $0[1], transposeRight: true)
    },
    .init("convolution 3x3", [2, 3, 17, 9], [5, 3, 3, 3], [5]) {
      convolution($0[0], weight: $0[1], bias: $0[2], padding: 1)
    },
    .init("convolution 4x4 stride 2", [2, 3, 17, 9], [5, 3, 4, 4], [5]) {
      convolution($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1)
    },
    .init("convolution 3x2 stride 2x3 dilation 1x2", [2, 3, 17, 9], [4, 3, 3, 2]) {
      convolution(
        $0[0], weight: $0[1], stride: PerAxis(y: 2, x: 3), padding: PerAxis(y: 0, x: 2),
        dilation: PerAxis(y: 1, x: 2))
    },
    .init("convolution 3x3 in 3 groups", [2, 6, 9, 7], [9, 2, 3, 3], [9]) {
      convolution($0[0], weight: $0[1], bias: $0[2], padding: 1, groups: 3)
    },
    .init("convolution 1x1, wide", [1, 33, 5, 3], [67, 33, 1, 1]) {
      convolution($0[0], weight: $0[1])
    },
    .init("transposedConvolution 4x4 stride 2", [2, 5, 9, 7], [5, 3, 4, 4], [3]) {
      transposedConvolution($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1)
    },
    .init("transposedConvolution 3x2 stride 2x3, rest", [2, 3, 5, 7], [3, 4, 3, 2]) {
      transposedConvolution(
        $0[0], weight: $0[1], stride: PerAxis(y: 2, x: 3), padding: PerAxis(y: 1, x: 0),
        dilation: PerAxis(y: 2, x: 1), outputPadding: PerAxis(y: 1, x: 2))
    },
    .init("transposedConvolution in 3 groups", [2, 6, 5, 7], [6, 2, 3, 3], [6]) {
      transposedConvolution($0[0], weight: $0[1], bias: $0[2], stride: 2, padding: 1, groups: 3)
    },
  ]

  /// Operations of SpectralAudio.
  static let spectral: [OperationCase] = [
    .init("frames, circular", [2, 96]) { $0[0].frames(frames(.circular)) },
    .init("frames, zeros around", [2, 96]) { $0[0].frames(frames(.zero)) },
    .init("frames, reflected", [2, 96], isDifferentiated: false) {
      $0[0].frames(frames(.reflect))
    },
    .init("overlapAdded, circular", [2, 12, 20]) { $0[0].overlapAdded(frames(.circular)) },
    .init("overlapAdded", [2, 12, 20]) { $0[0].overlapAdded(frames(.zero)) },
    .init("unfolded frames", [2, 3, 5, 7]) { Tensor(UnfoldedFrames(), of: [$0[0]]) },
    .init("folded frames", [3, 5, 14]) { Tensor(FoldedFrames(), of: [$0[0]]) },
    .init("inverse transform by halves", [2, 10, 2, 31]) { odd.inverse($0[0]) },
    .init("magnitude", [3, 2, 17]) { magnitude($0[0]) },
    .init("power", [3, 2, 17]) { power($0[0]) },
    .init("projected onto magnitudes", [2, 3, 2, 17], [2, 3, 17], values: [.positive]) {
      $0[0].projected(ontoMagnitudes: $0[1])
    },
    .init("interpolated", [17, 9], [17, 9]) { Tensor(Interpolation(1.6), of: $0) },
    .init("mel inversion", [2, 17, 5], values: [.positive], isDifferentiated: false) {
      MelTransform(bank).power(from: $0[0], by: .richardsonLucy(steps: 3))
    },
    .init("consistency kernel", [2, 10, 2, 31], isDifferentiated: false) {
      kernel(odd).projected($0[0])
    },
    .init("consistency kernel, many bins", [1, 3, 2, 1025], isDifferentiated: false) {
      kernel(wide).projected($0[0])
    },
    .init("consistency kernel, blocks", [2, 10, 2, 31], isDifferentiated: false) {
      kernel(odd, reach: 6).projected($0[0])
    },
    .init("consistency kernel, blocks, many bins", [1, 3, 2, 1025], isDifferentiated: false) {
      kernel(wide, reach: 6).projected($0[0])
    },
    .init(
      "consistency steps", [2, 10, 2, 31], [2, 10, 31], values: [.signed, .positive],
      isDifferentiated: false
    ) { steps(kernel(odd, reach: 6), from: $0[0], magnitudes: $0[1]) },
    .init("phase tree", [2, 17, 31], values: [.distinct], isDifferentiated: false) {
      phases(of: abs($0[0]), fftSize: 60)
    },
    .init("phase tree, equal weights", [2, 33, 17], values: [.positive], isDifferentiated: false) {
      phases(of: $0[0], fftSize: 32)
    },
    .init(
      "phase tree, pairs, odd frames", [2, 17, 31], values: [.distinct], isDifferentiated: false
    ) { phases(of: abs($0[0]), fftSize: 60, framesPerNode: 2) },
    .init("phase tree, pairs", [2, 6, 17], values: [.distinct], isDifferentiated: false) {
      phases(of: abs($0[0]), fftSize: 32, framesPerNode: 2)
    },
    .init("phase tree, half a pair", [2, 1, 17], values: [.positive], isDifferentiated: false) {
      phases(of: $0[0], fftSize: 32, framesPerNode: 2)
    },
    .init("phase tree, one pair", [3, 2, 17], values: [.positive], isDifferentiated: false) {
      phases(of: $0[0], fftSize: 32, framesPerNode: 2)
    },
  ]

  private static func phases(
    of magnitudes: Tensor, fftSize: Int, framesPerNode: Int = 1
  ) -> Tensor {
    PhaseTree.directions(
      of: magnitudes, gradient: PhaseGradient(fftSize: fftSize, windowSize: 24, hop: 5), seed: 3,
      framesPerNode: framesPerNode)
  }

  /// The first step, one between and the last.
  private static func steps(
    _ kernel: ConsistencyKernel, from start: Tensor, magnitudes: Tensor
  ) -> Tensor {
    [Float(1), 2.08, 1.5].enumerated().reduce(start) { state, step in
      kernel.advanced(
        state, magnitudes: magnitudes, step: step.element, relaxation: 1.3, softness: 1,
        isLast: step.offset == 2)
    }
  }

  private static func kernel(
    _ transform: ShortTimeFourierTransform, reach: Int = 9
  ) -> ConsistencyKernel {
    guard let table = ConsistencyTable(transform) else {
      preconditionFailure("no table for a window that is not symmetric")
    }
    return ConsistencyKernel(table.truncated(reach: reach), frameCount: transform.frameCount)
  }

  /// Odd on purpose: N / 2 + 1 = 31 bins, 10 frames.
  private static let odd = ShortTimeFourierTransform(
    sampleCount: 120, fftSize: 60, window: .hann(48), hop: 12)

  /// More bins than a workgroup takes at once; fewer frames than the kernel reaches.
  private static let wide = ShortTimeFourierTransform(
    sampleCount: 3 * 512, fftSize: 2048, window: .hann(2048), hop: 512)

  private static func frames(_ boundary: FrameGeometry.Boundary) -> FrameGeometry {
    FrameGeometry(
      frameSize: 20, hop: 8, frameCount: 12, sampleCount: 96, offset: 10, boundary: boundary)
  }

  private static let bank = MelFilterBank(
    sampleRate: 10_000, fftSize: 128, bands: 17, minimumFrequency: 0, maximumFrequency: 5_000,
    melScale: .slaney, normalization: .wide)
}
