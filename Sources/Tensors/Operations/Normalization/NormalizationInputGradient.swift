import CMatrix
import TensorKernels
import VulkanCompute

/// The gradient of ``Normalization`` by x, through mean and variance too:
/// scale · (g · weight - a - x̂ · b), with x̂ the normalized x and a, b the row means of
/// g · weight and g · weight · x̂.
///
/// **Inputs** x [N, C, …]; statistics [rows, 2]; weight [C]; g like x; a and b [rows, 2].
/// **Shape** that of x. **Cost** one dispatch.
struct NormalizationInputGradient: Operation {
  /// Which elements share statistics.
  let grouping: NormalizationGrouping

  /// The gradient for a grouping.
  init(_ grouping: NormalizationGrouping) { self.grouping = grouping }

  static var name: String { "normalization input gradient" }

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0] == inputs[3] && inputs[1] == inputs[4],
      "\(Self.name): \(inputs[0]), upstream \(inputs[3]), means \(inputs[4])")
    return inputs[0]
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let (x, statistics, weight) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
    let (g, means, y, size) = (inputs[3].floats, inputs[4].floats, result.floats, layout.planeSize)
    workers.forEachRange(layout.planeCount, grain: max(1, 16384 / size)) { planes in
      for plane in planes {
        let row = layout.row(ofPlane: plane)
        let (mean, scale) = (statistics[2 * row], statistics[2 * row + 1])
        let slope = weight[plane % layout.channels] * scale
        let offset = means[2 * row] * scale
        let pull = means[2 * row + 1] * scale * scale
        cmatrix_normalization_gradient(
          x + plane * size, g + plane * size, mean, slope, offset, pull, size, y + plane * size)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    recorder.dispatch(
      NormalizationInputGradientKernel.self,
      .init(
        source: inputs[0].range, statistics: inputs[1].range, weight: inputs[2].range,
        upstream: inputs[3].range, means: inputs[4].range, result: result.range),
      specialization: .init(),
      constants: .init(
        count: UInt32(result.count), planeSize: UInt32(layout.planeSize),
        channels: UInt32(layout.channels), planesPerRow: UInt32(layout.planesPerRow)),
      workgroups: .covering(result.count, by: 64), arithmetic: 7 * Double(result.count))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): second derivatives are not available")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { 7 * Double(result.count) }
}

extension NormalizationInputGradient: Elementwise {
  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? {
    let layout = NormalizationLayout(inputs[0], grouping)
    guard let normalized = layout.appendNormalized(to: &chain),
      let upstream = chain.input(3, of: inputs[3], to: result)
    else { return nil }
    let slope = chain.apply(
      Binary<Multiplication>(), upstream, chain.input(2, at: layout.channelMap))
    let mean = chain.input(4, at: layout.rowMap, stride: 2)
    let pull = chain.input(4, at: layout.rowMap, stride: 2, offset: 1)
    let centered = chain.apply(Binary<Subtraction>(), slope, mean)
    let pulled = chain.apply(Binary<Multiplication>(), normalized, pull)
    let rest = chain.apply(Binary<Subtraction>(), centered, pulled)
    let scale = chain.input(1, at: layout.rowMap, stride: 2, offset: 1)
    return chain.apply(Binary<Multiplication>(), rest, scale)
  }
}
