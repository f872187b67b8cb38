import TensorKernels
package import Tensors
import VulkanCompute

/// Power spectra from mel bands by Richardson-Lucy steps, all in one pass.
///
///     a ← (Mᵀ m) / (Mᵀ 1),  then `steps` times  a ← a · Mᵀ(m / (M a)) / (Mᵀ 1)
///
/// Each step lowers the Kullback-Leibler divergence of M a from m; a stays non-negative. Triangles
/// overlap a few bins only, so the matrix is kept by rows and by columns without its zeros: about
/// 5,000 operations for each frame and step.
///
/// **Shape** [B, bands, M] and tables → [B, M, bins]. **Cost** one dispatch. **Gradient** none.
///
/// Sources: Richardson 1972; Lucy 1974.
package struct RichardsonLucy: Operation {
  /// Number of multiplicative steps.
  package let steps: Int
  /// Bins of the result.
  package let bins: Int

  package static let name = "mel inversion"

  package var isReproducible: Bool { true }

  /// Bands and bins of one frame that fit into the 16 KiB of shared memory of every device.
  static let largestFrame = 4096

  /// Power spectra [B, M, bins] with the band powers [B, bands, M].
  static func power(from bands: Tensor, steps: Int, _ tables: Tables) -> Tensor {
    precondition(steps >= 0, "Richardson-Lucy: \(steps) steps")
    return Tensor(
      RichardsonLucy(steps: steps, bins: tables.columns.shape[0]),
      of: [bands, tables.rows, tables.columns, tables.weights])
  }

  /// The non-zero weights by rows, then by columns.
  struct Tables: Sendable {
    /// [bands, 3]: first bin, place of its weight, number of weights.
    let rows: Tensor
    /// [bins, 4]: first band, place of its weight, number of weights, 1 / sum of the weights.
    let columns: Tensor
    /// All weights.
    let weights: Tensor

    init(_ bank: MelFilterBank) {
      var weights: [Float] = []
      var rows: [Float] = []
      for (band, support) in bank.support.enumerated() {
        rows += [Float(support.lowerBound), Float(weights.count), Float(support.count)]
        weights += support.map { bank.weights[band * bank.bins + $0] }
      }
      var columns: [Float] = []
      for bin in 0..<bank.bins {
        let column = (0..<bank.bands).map { bank.weights[$0 * bank.bins + bin] }
        let first = column.firstIndex { $0 > 0 } ?? 0
        let end = (column.lastIndex { $0 > 0 } ?? -1) + 1
        let values = column[first..<max(first, end)]
        let sum = values.reduce(0.0) { $0 + Double($1) }
        columns += [
          Float(first), Float(weights.count), Float(values.count), sum > 0 ? Float(1 / sum) : 0,
        ]
        weights += values
      }
      self.rows = .constant(rows, shape: [bank.bands, 3])
      self.columns = .constant(columns, shape: [bank.bins, 4])
      self.weights = .constant(weights.isEmpty ? [0] : weights, shape: [max(1, weights.count)])
    }
  }

  package func shape(for inputs: [Shape]) -> Shape { [inputs[0][0], inputs[0][2], bins] }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let shape = inputs[0].shape
    let (bands, frames) = (shape[1], shape[2])
    let blocks = (frames + 7) / 8
    let (source, target) = (inputs[0].floats, result.floats)
    let solver = Solver(
      bands: bands, bins: bins, steps: steps, rows: inputs[1].floats, columns: inputs[2].floats,
      weights: inputs[3].floats)
    workers.forEach(shape[0] * blocks) { piece in
      let (item, block) = piece.quotientAndRemainder(dividingBy: blocks)
      let first = block * 8
      let lanes = min(8, frames - first)
      solver.solve(
        source + item * bands * frames + first, stride: frames, lanes: lanes,
        into: target + (item * frames + first) * bins)
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    let shape = inputs[0].shape
    recorder.dispatch(
      RichardsonLucyKernel.self,
      .init(
        bandPower: inputs[0].range, rowTable: inputs[1].range, columnTable: inputs[2].range,
        weights: inputs[3].range, result: result.range),
      specialization: .init(bands: UInt32(shape[1]), bins: UInt32(bins)),
      constants: .init(
        count: UInt32(shape[0] * shape[2]), frames: UInt32(shape[2]), steps: UInt32(steps)),
      workgroups: .covering(shape[0] * shape[2], by: 1),
      arithmetic: arithmetic(inputs: inputs.map(\.shape), result: result.shape))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    preconditionFailure("\(Self.name): not differentiable; use the pseudo-inverse for gradients")
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double {
    2 * Double(inputs[3].count + bins) * Double(steps + 1) * Double(inputs[0][0] * inputs[0][2])
  }
}

/// Solves eight frames at a time, one to a lane.
private struct Solver {
  let bands: Int, bins: Int, steps: Int
  let rows: UnsafeMutablePointer<Float>
  let columns: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>

  /// Reads `lanes` neighbouring frames of a picture and writes their spectra, one after another.
  func solve(
    _ picture: UnsafeMutablePointer<Float>, stride: Int, lanes: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: 2 * bands + bins) { memory in
      memory.initialize(repeating: SIMD8(repeating: 0))
      let target = UnsafeMutableBufferPointer(rebasing: memory[0..<bands])
      let ratio = UnsafeMutableBufferPointer(rebasing: memory[bands..<2 * bands])
      let estimate = UnsafeMutableBufferPointer(rebasing: memory[(2 * bands)...])
      for band in 0..<bands {
        for lane in 0..<lanes { target[band][lane] = picture[band * stride + lane] }
        ratio[band] = target[band]
      }
      estimate.update(repeating: SIMD8(repeating: 1))
      backProject(ratio, onto: estimate)
      for _ in 0..<steps {
        compare(estimate, with: target, into: ratio)
        backProject(ratio, onto: estimate)
      }
      for bin in 0..<bins {
        for lane in 0..<lanes { result[lane * bins + bin] = estimate[bin][lane] }
      }
    }
  }

  /// ratio = target / (M estimate).
  private func compare(
    _ estimate: UnsafeMutableBufferPointer<SIMD8<Float>>,
    with target: UnsafeMutableBufferPointer<SIMD8<Float>>,
    into ratio: UnsafeMutableBufferPointer<SIMD8<Float>>
  ) {
    let tiny = SIMD8<Float>(repeating: .leastNormalMagnitude)
    for band in 0..<bands {
      let (first, start) = (Int(rows[3 * band]), Int(rows[3 * band + 1]))
      var sum = SIMD8<Float>(repeating: 0)
      for index in 0..<Int(rows[3 * band + 2]) {
        sum += estimate[first + index] * weights[start + index]
      }
      ratio[band] = ReproducibleMath.quotient(
        target[band], sum.replacing(with: tiny, where: sum .< tiny))
    }
  }

  /// estimate *= (Mᵀ ratio) / (Mᵀ 1).
  private func backProject(
    _ ratio: UnsafeMutableBufferPointer<SIMD8<Float>>,
    onto estimate: UnsafeMutableBufferPointer<SIMD8<Float>>
  ) {
    for bin in 0..<bins {
      let (first, start) = (Int(columns[4 * bin]), Int(columns[4 * bin + 1]))
      var sum = SIMD8<Float>(repeating: 0)
      for index in 0..<Int(columns[4 * bin + 2]) {
        sum += ratio[first + index] * weights[start + index]
      }
      estimate[bin] *= sum * columns[4 * bin + 3]
    }
  }
}
