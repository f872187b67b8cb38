import CMatrix
import TensorKernels
import VulkanCompute

/// Σ g and Σ g · (x - mean) · scale over every plane: what all gradients of ``Normalization``
/// are made of.
///
/// **Inputs** x and g [N, C, …], statistics [rows, 2] between them. **Shape** [N, C, 2].
/// **Cost** one dispatch, and one more per factor 4,096 in the plane's size; reads x and g once.
struct NormalizationPlaneSums: Operation {
  /// Which elements share statistics.
  let grouping: NormalizationGrouping

  /// Sums for a grouping.
  init(_ grouping: NormalizationGrouping) { self.grouping = grouping }

  static var name: String { "normalization plane sums" }

  /// Elements that one workgroup adds.
  private static let pieceLength = 4096

  func shape(for inputs: [Shape]) -> Shape {
    precondition(
      inputs[0] == inputs[2], "\(Self.name): \(inputs[0]) and upstream \(inputs[2])")
    return [inputs[0][0], inputs[0][1], 2]
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let (x, statistics, g) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
    let (sums, size) = (result.floats, layout.planeSize)
    workers.forEachRange(layout.planeCount, grain: max(1, 16384 / size)) { planes in
      for plane in planes {
        let row = layout.row(ofPlane: plane)
        let (planeX, planeG) = (x + plane * size, g + plane * size)
        let slopes = cmatrix_sum_of_products(planeX, statistics[2 * row], planeG, size)
        sums[2 * plane] = Float(cmatrix_sum(planeG, size))
        sums[2 * plane + 1] = Float(slopes * Double(statistics[2 * row + 1]))
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let pieces = (layout.planeSize + Self.pieceLength - 1) / Self.pieceLength
    let partial =
      pieces == 1 ? result.range : recorder.scratch(count: layout.planeCount * pieces * 2)
    recorder.dispatch(
      NormalizationPlaneSumsKernel.self,
      .init(
        source: inputs[0].range, statistics: inputs[1].range, upstream: inputs[2].range,
        result: partial),
      specialization: .init(),
      constants: .init(
        resultCount: UInt32(layout.planeCount * pieces), planeSize: UInt32(layout.planeSize),
        channels: UInt32(layout.channels), planesPerRow: UInt32(layout.planesPerRow),
        pieces: UInt32(pieces), pieceLength: UInt32(Self.pieceLength)),
      workgroups: .covering(layout.planeCount * pieces, by: 1),
      arithmetic: 4 * Double(inputs[0].count))
    guard pieces > 1 else { return }
    ReductionLoop<SumFunction>(outer: layout.planeCount, count: pieces, inner: 2)
      .record(from: partial, to: result.range, with: &recorder)
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): second derivatives are not available")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { 4 * Double(inputs[0].count) }

  func bytesMoved(inputs: [Shape], result: Shape) -> Int {
    let planeSize = inputs[0].dimensions[2...].reduce(1, *)
    let pieces = (planeSize + Self.pieceLength - 1) / Self.pieceLength
    let least = minimumByteCount(inputs: inputs, result: result)
    guard pieces > 1 else { return least }
    let rest = ReductionLoop<SumFunction>(outer: result.count / 2, count: pieces, inner: 2)
    return least + 4 * result.count * pieces + rest.bytesMoved - 4 * result.count
  }
}

extension NormalizationPlaneSums: RowReducing {
  func rowLength(inputs: [Shape]) -> Int? {
    NormalizationLayout(inputs[0], grouping).planeSize
  }

  func append(to chain: inout ChainBuilder, inputs: [Shape]) -> [PointwiseChain.Register]? {
    let layout = NormalizationLayout(inputs[0], grouping)
    guard let normalized = layout.appendNormalized(to: &chain),
      let upstream = chain.input(2, of: inputs[2], to: inputs[0])
    else { return nil }
    return [upstream, chain.apply(Binary<Multiplication>(), normalized, upstream)]
  }

  func reduction(
    of chain: PointwiseChain, _ registers: [PointwiseChain.Register], rowLength: Int, result: Shape
  ) -> any Operation {
    ChainReduction<SumFunction>(
      of: chain, registers, rowLength: rowLength, shape: result)
  }
}
