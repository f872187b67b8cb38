import CMatrix
import TensorKernels
import VulkanCompute

/// Mean and 1 / √(variance + ε) of every row of a grouping.
///
/// The variance is that of the elements around their own mean, never a difference of large sums:
/// two passes on the CPU; on a GPU two passes over pieces of 1,024 elements, whose results are
/// merged pairwise.
///
/// **Shape** [N, C, …] → [rows, 2]. **Cost** two dispatches; reads x once on a GPU.
/// Source: Chan, Golub, LeVeque 1979.
struct NormalizationStatistics: Operation {
  /// Which elements share statistics.
  let grouping: NormalizationGrouping
  /// ε, keeps the division finite.
  let epsilon: Float

  /// Statistics of a grouping.
  init(_ grouping: NormalizationGrouping, epsilon: Float) {
    self.grouping = grouping
    self.epsilon = epsilon
  }

  static var name: String { "normalization statistics" }

  var isReproducible: Bool { true }

  /// Elements that one workgroup holds.
  private static let pieceLength = 1024

  func shape(for inputs: [Shape]) -> Shape {
    [NormalizationLayout(inputs[0], grouping).rows, 2]
  }

  func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let (x, statistics, size) = (inputs[0].floats, result.floats, Double(layout.rowSize))
    if cmatrix_is_reproducible() { return mergePieces(layout, x, into: statistics, on: workers) }
    workers.forEachRange(layout.rows, grain: max(1, 16384 / layout.rowSize)) { rows in
      for row in rows {
        let start = x + row * layout.segmentLength
        var sum = 0.0
        for segment in 0..<layout.segmentCount {
          sum += cmatrix_sum(start + segment * layout.segmentStride, layout.segmentLength)
        }
        let mean = Float(sum / size)
        var squares = 0.0
        for segment in 0..<layout.segmentCount {
          squares += cmatrix_sum_of_squares(
            start + segment * layout.segmentStride, mean, layout.segmentLength)
        }
        // Around the rounded mean, the sum is too large by the rounding's square.
        let rounding = sum / size - Double(mean)
        let variance = max(squares / size - rounding * rounding, 0)
        statistics[2 * row] = mean
        statistics[2 * row + 1] = Float(1 / (variance + Double(epsilon)).squareRoot())
      }
    }
  }

  /// The same pieces, merged in the same order, as on a GPU.
  private func mergePieces(
    _ layout: NormalizationLayout, _ x: UnsafeMutablePointer<Float>,
    into statistics: UnsafeMutablePointer<Float>, on workers: CPUWorkers
  ) {
    workers.forEachRange(layout.rows, grain: max(1, 16384 / layout.rowSize)) { rows in
      for row in rows {
        var elements = CMatrixRow(
          start: x + row * layout.segmentLength, segment_length: layout.segmentLength,
          segment_count: layout.segmentCount, segment_stride: layout.segmentStride)
        cmatrix_row_statistics(&elements, epsilon, statistics + 2 * row)
      }
    }
  }

  func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let layout = NormalizationLayout(inputs[0].shape, grouping)
    let pieces = (layout.rowSize + Self.pieceLength - 1) / Self.pieceLength
    let partial = pieces == 1 ? result.range : recorder.scratch(count: layout.rows * pieces * 2)
    recorder.dispatch(
      NormalizationStatisticsKernel.self, .init(source: inputs[0].range, result: partial),
      halves: NormalizationStatisticsKernel.halves(mask: inputs[0].halvesMask(binding: 0)),
      specialization: .init(),
      constants: .init(
        rows: UInt32(layout.rows), rowSize: UInt32(layout.rowSize), pieces: UInt32(pieces),
        segmentLength: UInt32(layout.segmentLength), segmentStride: UInt32(layout.segmentStride),
        epsilon: epsilon),
      workgroups: .covering(layout.rows * pieces, by: 1),
      arithmetic: 4 * Double(inputs[0].count))
    guard pieces > 1 else { return }
    recorder.dispatch(
      MergeStatisticsKernel.self, .init(partial: partial, result: result.range),
      specialization: .init(),
      constants: .init(
        rows: UInt32(layout.rows), rowSize: UInt32(layout.rowSize), pieces: UInt32(pieces),
        pieceLength: UInt32(Self.pieceLength), epsilon: epsilon),
      workgroups: .covering(layout.rows, by: 1))
  }

  func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): no gradient of its own; Normalization's covers it")
  }

  func arithmetic(inputs: [Shape], result: Shape) -> Double { 4 * Double(inputs[0].count) }

  func bytesMoved(inputs: [Shape], result: Shape) -> Int {
    let layout = NormalizationLayout(inputs[0], grouping)
    let pieces = (layout.rowSize + Self.pieceLength - 1) / Self.pieceLength
    // Moments of pieces are written and read.
    return minimumByteCount(inputs: inputs, result: result)
      + (pieces > 1 ? 16 * layout.rows * pieces : 0)
  }
}

extension NormalizationStatistics: HalfStoring {
  var writesHalves: Bool { false }
}
