import TensorKernels
public import Tensors
import VulkanCompute

/// result[b, t] = Σ frames[b, m, i] over every m, i that ``Frames`` reads from sample t: its
/// adjoint.
///
/// **Shape** [B, M, W] → [B, T]. **Gradient** ``Frames``. **Cost** one dispatch; each sample gathers
/// its frames in a fixed order, so results do not depend on threads.
package struct OverlapAdd: Operation {
  /// Where the frames lie.
  package let geometry: FrameGeometry

  package static let name = "overlap add"

  /// Mirror images are added in another order on the CPU.
  package var isReproducible: Bool { geometry.boundary != .reflect }

  /// Adds frames up.
  package init(_ geometry: FrameGeometry) { self.geometry = geometry }

  package func shape(for inputs: [Shape]) -> Shape {
    let frames = inputs[0]
    precondition(
      frames.rank == 3 && frames[1] == geometry.frameCount && frames[2] == geometry.frameSize,
      "overlap add: frames \(frames) for a geometry of \(geometry.frameCount) x "
        + "\(geometry.frameSize)")
    return [frames[0], geometry.sampleCount]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (frames, signals) = (inputs[0].floats, result.floats)
    let (geometry, count) = (geometry, geometry.sampleCount)
    let itemSize = geometry.frameCount * geometry.frameSize
    let grain = 2048
    let pieces = (count + grain - 1) / grain
    workers.forEach(result.shape[0] * pieces) { piece in
      let (item, part) = piece.quotientAndRemainder(dividingBy: pieces)
      let range = part * grain..<min(count, (part + 1) * grain)
      let source = frames + item * itemSize
      let target = signals + item * count
      Self.add(source, to: target, range, geometry)
      if geometry.boundary == .reflect { Self.addMirrored(source, to: target, range, geometry) }
    }
  }

  /// Sums the frames over a range of samples, frame by frame.
  private static func add(
    _ frames: UnsafeMutablePointer<Float>, to signal: UnsafeMutablePointer<Float>,
    _ range: Range<Int>, _ geometry: FrameGeometry
  ) {
    (signal + range.lowerBound).update(repeating: 0, count: range.count)
    let first = geometry.frames(holding: range.lowerBound + geometry.offset).lowerBound
    let end = geometry.frames(holding: range.upperBound - 1 + geometry.offset).upperBound
    guard first < end else { return }
    for frame in first..<end {
      let start = frame * geometry.hop - geometry.offset
      let lower = max(range.lowerBound, start)
      let upper = min(range.upperBound, start + geometry.frameSize)
      guard lower < upper else { continue }
      let source = frames + geometry.row(of: frame) * geometry.frameSize + (lower - start)
      let target = signal + lower
      for index in 0..<upper - lower { target[index] += source[index] }
    }
  }

  /// Adds what frames read from the mirror images of the samples.
  private static func addMirrored(
    _ frames: UnsafeMutablePointer<Float>, to signal: UnsafeMutablePointer<Float>,
    _ range: Range<Int>, _ geometry: FrameGeometry
  ) {
    let last = geometry.sampleCount - 1
    for sample in range {
      for image in [-sample, 2 * last - sample] where image < 0 || image > last {
        let position = image + geometry.offset
        for frame in geometry.frames(holding: position) {
          signal[sample] += frames[frame * geometry.frameSize + position - frame * geometry.hop]
        }
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      OverlapAddKernel.self, .init(frames: inputs[0].range, signal: result.range),
      specialization: .init(boundary: geometry.boundary.code),
      constants: .init(
        count: UInt32(result.count), frameSize: Int32(geometry.frameSize),
        hop: Int32(geometry.hop), frameCount: Int32(geometry.frameCount),
        sampleCount: Int32(geometry.sampleCount), offset: Int32(geometry.offset)),
      workgroups: .covering(result.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.frames(geometry)]
  }

  package func arithmetic(inputs: [Shape], result: Shape) -> Double { Double(inputs[0].count) }
}

extension Tensor {
  /// Signals from overlapping frames, added: [B, M, W] → [B, T].
  public func overlapAdded(_ geometry: FrameGeometry) -> Tensor {
    Tensor(OverlapAdd(geometry), of: [self])
  }
}
