import CMatrix
import TensorKernels
package import Tensors
import VulkanCompute

/// The operation of ``ConsistencyKernel``.
///
/// e^(-jπ(2k+p)qR/N) is a factor of k times the same factor of k + p. So a frame is turned,
/// convolved with real numbers, turned once more and added: two multiplications a tap, not four.
///
/// **Shape** [B, M, 2, K], places [Q, 2], taps, turns [Q, 2, K], and where tables are small the
/// ``ConsistencyBlocks`` and the circle → [B, M, 2, K]. **Gradient** none.
/// **Cost** one dispatch.
package struct ConsistencyConvolution: Operation {
  /// Length N of the Fourier transform.
  package let fftSize: Int
  /// Samples from one frame to the next.
  package let hop: Int
  /// The farthest bin that a tap reaches.
  package let reach: Int
  /// Taps of both signs, for reports.
  package let tapCount: Int

  package static let name = "consistency kernel"

  package var isReproducible: Bool { true }

  package func shape(for inputs: [Shape]) -> Shape {
    let (spectra, bins) = (inputs[0], fftSize / 2 + 1)
    precondition(
      spectra.rank == 4 && spectra[2] == 2 && spectra[3] == bins,
      "\(Self.name): spectra \(spectra), expected [B, M, 2, \(bins)]")
    precondition(
      inputs[3] == [inputs[1][0], 2, bins],
      "\(Self.name): shifts \(inputs[1]), turns \(inputs[3])")
    return spectra
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let shape = result.shape
    project(
      inputs[0].floats, into: result.floats, items: shape[0], frames: shape[1],
      by: Array(inputs.dropFirst()), on: workers
    ) { _ in }
  }

  /// Projects the rows of a batch.
  ///
  /// - Parameters:
  ///   - tables: The inputs behind the spectra.
  ///   - finish: Called with rows that are done, while they are in the cache.
  func project(
    _ source: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, items: Int,
    frames: Int, by tables: [CPUTensor], on workers: CPUWorkers, finish: (Range<Int>) -> Void
  ) {
    if cmatrix_is_reproducible(), tables.count > 3 {
      return projectBlocks(
        source, into: result, items: items, frames: frames, by: tables, on: workers,
        finish: finish)
    }
    var consistency = CMatrixConsistency(
      frames: frames, bins: fftSize / 2 + 1, transform_size: fftSize, hop: hop,
      shifts: tables[0].shape[0], places: tables[0].floats, taps: tables[1].floats,
      turns: tables[2].floats, source: source, result: result)
    withUnsafePointer(to: &consistency) { consistency in
      workers.forEachRange(items * frames, grain: 16) { rows in
        for row in rows {
          cmatrix_consistency_run_row(consistency, row)
          finish(row..<row + 1)
        }
      }
    }
  }

  /// The same by the sums of `consistency_block.comp`.
  private func projectBlocks(
    _ source: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, items: Int,
    frames: Int, by tables: [CPUTensor], on workers: CPUWorkers, finish: (Range<Int>) -> Void
  ) {
    var consistency = CMatrixConsistencyBlocks(
      frames: frames, bins: fftSize / 2 + 1, transform_size: fftSize, hop: hop,
      shifts: tables[0].shape[0], table: tables[3].floats, circle: tables[4].floats,
      source: source, result: result)
    let size = ConsistencyBlocks.frames
    let blocksPerItem = (frames + size - 1) / size
    withUnsafePointer(to: &consistency) { consistency in
      workers.forEachRange(items * blocksPerItem, grain: 4) { blocks in
        for block in blocks {
          cmatrix_consistency_run_block(consistency, block)
          let (item, first) = (block / blocksPerItem, block % blocksPerItem * size)
          finish(item * frames + first..<item * frames + min(frames, first + size))
        }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    if inputs.count > 4 { return recordBlocks(inputs, into: result, with: &recorder) }
    let shape = result.shape
    let workgroupSize = workgroupSize(bins: shape[3])
    let binsPerWorkgroup = Self.binsPerInvocation * workgroupSize
    let tiles = (shape[3] + binsPerWorkgroup - 1) / binsPerWorkgroup
    recorder.dispatch(
      ConsistencyConvolutionKernel.self,
      .init(
        spectra: inputs[0].range, places: inputs[1].range, taps: inputs[2].range,
        turns: inputs[3].range, result: result.range),
      specialization: .init(workgroupSize: UInt32(workgroupSize), reach: UInt32(reach)),
      constants: .init(
        tileCount: UInt32(shape[0] * shape[1] * tiles), tilesPerRow: UInt32(tiles),
        frames: Int32(shape[1]), bins: Int32(shape[3]), transformSize: Int32(fftSize),
        hop: UInt32(hop), shifts: Int32(inputs[1].shape[0])),
      workgroups: .covering(shape[0] * shape[1] * tiles, by: 1),
      arithmetic: arithmetic(inputs: inputs.map(\.shape), result: shape))
  }

  /// Eight bins of four frames an invocation, as many invocations as a row needs.
  private func recordBlocks(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let shape = result.shape
    let grid = ConsistencyBlocks.Grid(items: shape[0], frames: shape[1], bins: shape[3])
    recorder.dispatch(
      ConsistencyBlockKernel.self,
      .init(
        spectra: inputs[0].range, table: inputs[4].range, circle: inputs[5].range,
        result: result.range),
      specialization: .init(workgroupSize: UInt32(grid.workgroupSize)),
      constants: .init(
        tileCount: UInt32(grid.tileCount), tilesPerBlock: UInt32(grid.tilesPerBlock),
        blocksPerItem: UInt32(grid.blocksPerItem), frames: Int32(shape[1]), bins: Int32(shape[3]),
        transformSize: Int32(fftSize), hop: Int32(hop), shifts: Int32(inputs[1].shape[0])),
      workgroups: .covering(grid.tileCount, by: 1),
      arithmetic: arithmetic(inputs: inputs.map(\.shape), result: shape))
  }

  private static let binsPerInvocation = 5

  /// The smallest workgroup that covers a row, of those whose strips fit into 16 KiB.
  private func workgroupSize(bins: Int) -> Int {
    let sizes = [32, 64, 128].filter { 16 * (Self.binsPerInvocation * $0 + 2 * reach) <= 16384 }
    return sizes.first { Self.binsPerInvocation * $0 >= bins } ?? sizes.last ?? 32
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): not differentiable; use the exact projection for gradients")
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double {
    Double(result.count / 2) * Double(4 * tapCount + 12 * (2 * inputs[1][0] - 1))
  }
}
