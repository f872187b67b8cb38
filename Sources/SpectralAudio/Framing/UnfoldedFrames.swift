import TensorKernels
package import Tensors
import VulkanCompute

/// Frames from the even and the odd part of each about its centre:
///
///     frames[b, m, H + n] = even[b, m, |n|] + sign(n) · odd[b, m, |n|],  -H < n < H;  0 for n = -H
///
/// **Shape** [2, B, M, H], even then odd → [B, M, 2H]. **Gradient** ``FoldedFrames``, the adjoint.
/// **Cost** one dispatch.
package struct UnfoldedFrames: Operation {
  package static let name = "unfold frames"

  package var isReproducible: Bool { true }

  /// Puts frames together.
  package init() {}

  package func shape(for inputs: [Shape]) -> Shape {
    let halves = inputs[0]
    precondition(
      halves.rank == 4 && halves[0] == 2, "\(Self.name): halves \(halves), expected [2, B, M, H]")
    return [halves[1], halves[2], 2 * halves[3]]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let half = inputs[0].shape[3]
    let (even, frames) = (inputs[0].floats, result.floats)
    let odd = even + inputs[0].count / 2
    workers.forEachRange(result.count / (2 * half), grain: max(1, 16384 / half)) { range in
      for row in range {
        let (even, odd) = (even + row * half, odd + row * half)
        let center = frames + (2 * row + 1) * half
        center[-half] = 0
        center[0] = even[0]
        for n in 1..<max(1, half) { center[n] = even[n] + odd[n] }
        for n in 1..<max(1, half) { center[-n] = even[n] - odd[n] }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.recordFolding(inputs[0], into: result, halves: inputs[0].shape, folds: false)
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [Tensor(FoldedFrames(), of: [upstream])]
  }
}

/// The adjoint of ``UnfoldedFrames``: even[n] = frames[H + n] + frames[H - n], odd[n] = frames[H + n] -
/// frames[H - n]; even[0] = frames[H], odd[0] = 0.
///
/// **Shape** [B, M, 2H] → [2, B, M, H]. **Gradient** ``UnfoldedFrames``. **Cost** one dispatch.
package struct FoldedFrames: Operation {
  package static let name = "fold frames"

  package var isReproducible: Bool { true }

  /// Takes frames apart.
  package init() {}

  package func shape(for inputs: [Shape]) -> Shape {
    let frames = inputs[0]
    precondition(
      frames.rank == 3 && frames[2] % 2 == 0,
      "\(Self.name): frames \(frames), expected [B, M, 2H]")
    return [2, frames[0], frames[1], frames[2] / 2]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let half = result.shape[3]
    let (frames, even) = (inputs[0].floats, result.floats)
    let odd = even + result.count / 2
    workers.forEachRange(inputs[0].count / (2 * half), grain: max(1, 16384 / half)) { range in
      for row in range {
        let center = frames + (2 * row + 1) * half
        let (even, odd) = (even + row * half, odd + row * half)
        (even[0], odd[0]) = (center[0], 0)
        for n in 1..<max(1, half) { even[n] = center[n] + center[-n] }
        for n in 1..<max(1, half) { odd[n] = center[n] - center[-n] }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.recordFolding(inputs[0], into: result, halves: result.shape, folds: true)
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [Tensor(UnfoldedFrames(), of: [upstream])]
  }
}

extension Recorder {
  fileprivate mutating func recordFolding(
    _ source: GraphTensor, into result: GraphTensor, halves: Shape, folds: Bool
  ) {
    dispatch(
      UnfoldFramesKernel.self, .init(source: source.range, result: result.range),
      specialization: .init(folds: folds),
      constants: .init(
        count: UInt32(result.count), rows: Int32(halves[1] * halves[2]),
        halfSize: Int32(halves[3])),
      workgroups: .covering(result.count, by: 64))
  }
}
