import CMatrix
import TensorKernels
import VulkanCompute

/// y = (x - mean) · scale · weight + bias, with mean and scale by row and weight and bias by
/// channel.
///
/// **Inputs** x [N, C, …]; ``NormalizationStatistics`` of the same x; weight [C]; bias [C].
/// **Shape** that of x. **Cost** one dispatch. The gradient by x includes the way through the
/// statistics; it takes two more passes over x and the upstream gradient.
struct Normalization: Operation {
  /// Which elements share statistics.
  let grouping: NormalizationGrouping

  /// Normalizes by a grouping.
  init(_ grouping: NormalizationGrouping) { self.grouping = grouping }

  static var name: String { "normalization" }

  var isReproducible: Bool { true }

  func shape(for inputs: [Shape]) -> Shape {
    let layout = NormalizationLayout(inputs[0], grouping)
    precondition(
      inputs[1] == [layout.rows, 2] && inputs[2] == [layout.channels] && inputs[3] == inputs[2],
      "normalization of \(inputs[0]): statistics \(inputs[1]), weight \(inputs[2]), "
        + "bias \(inputs[3])")
    return inputs[0]
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let (x, statistics, y) = (inputs[0].floats, inputs[1].floats, result.floats)
    let (weight, bias) = (inputs[2].floats, inputs[3].floats)
    let size = layout.planeSize
    workers.forEachRange(layout.planeCount, grain: max(1, 16384 / size)) { planes in
      for plane in planes {
        let (row, channel) = (layout.row(ofPlane: plane), plane % layout.channels)
        let mean = statistics[2 * row]
        cmatrix_normalize(
          x + plane * size, mean, statistics[2 * row + 1], weight[channel], bias[channel], size,
          y + plane * size)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    recorder.dispatch(
      NormalizationKernel.self,
      .init(
        source: inputs[0].range, statistics: inputs[1].range, weight: inputs[2].range,
        bias: inputs[3].range, result: result.range),
      specialization: .init(),
      constants: .init(
        count: UInt32(result.count), planeSize: UInt32(layout.planeSize),
        channels: UInt32(layout.channels), planesPerRow: UInt32(layout.planesPerRow)),
      workgroups: .covering(result.count, by: 64), arithmetic: 4 * Double(result.count))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    let (x, statistics, weight) = (inputs[0], inputs[1], inputs[2])
    let layout = NormalizationLayout(x.shape, grouping)
    let (n, c) = (layout.samples, layout.channels)
    let sums = Tensor(NormalizationPlaneSums(grouping), of: [x, statistics, upstream])
    let weighted = sums * weight.reshaped(to: [c, 1])
    let rowSums =
      layout.planesPerRow == 0
      ? weighted.sum(over: [0])
      : weighted.reshaped(to: [n, c / layout.planesPerRow, layout.planesPerRow, 2]).sum(over: [2])
    let rowMeans = rowSums.reshaped(to: [layout.rows, 2]) * (1 / Float(layout.rowSize))
    let byX = Tensor(
      NormalizationInputGradient(grouping), of: [x, statistics, weight, upstream, rowMeans])
    let byChannel = sums.sum(over: [0])
    return [
      byX, nil, byChannel.sliced(axis: 1, 1..<2).reshaped(to: [c]),
      byChannel.sliced(axis: 1, 0..<1).reshaped(to: [c]),
    ]
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { 4 * Double(result.count) }
}

extension Normalization: Elementwise {
  func append(
    to chain: inout ChainBuilder, inputs: [Shape], result: Shape
  ) -> PointwiseChain.Register? {
    let layout = NormalizationLayout(inputs[0], grouping)
    guard let normalized = layout.appendNormalized(to: &chain) else { return nil }
    let weighted = chain.apply(
      Binary<Multiplication>(), normalized, chain.input(2, at: layout.channelMap))
    return chain.apply(Binary<Addition>(), weighted, chain.input(3, at: layout.channelMap))
  }
}

extension NormalizationLayout {
  /// Which row of statistics belongs to a position.
  var rowMap: PointwiseChain.IndexMap {
    PointwiseChain.IndexMap(
      inner: planesPerRow == 0 ? planeSize : planeSize * planesPerRow, size: rows)
  }

  /// Which channel belongs to a position.
  var channelMap: PointwiseChain.IndexMap {
    PointwiseChain.IndexMap(inner: planeSize, size: channels)
  }

  /// Appends (x - mean) · scale, with x the operation's input 0 and the statistics input 1.
  func appendNormalized(to chain: inout ChainBuilder) -> PointwiseChain.Register? {
    let shape: Shape = [samples, channels, planeSize]
    guard let x = chain.input(0, of: shape, to: shape) else { return nil }
    let deviation = chain.apply(
      Binary<Subtraction>(), x, chain.input(1, at: rowMap, stride: 2))
    return chain.apply(
      Binary<Multiplication>(), deviation, chain.input(1, at: rowMap, stride: 2, offset: 1))
  }
}
