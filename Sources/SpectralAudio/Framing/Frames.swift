import TensorKernels
public import Tensors
import VulkanCompute

/// result[b, m, i] = x[b, m · hop - offset + i], read around, as zero or mirrored outside x.
///
/// **Shape** [B, T] → [B, M, W]. **Gradient** ``OverlapAdd``, the adjoint. **Cost** one dispatch;
/// writes each element once.
package struct Frames: Operation {
  /// Where the frames lie.
  package let geometry: FrameGeometry

  package static let name = "frames"

  package var isReproducible: Bool { true }

  /// Cuts frames.
  package init(_ geometry: FrameGeometry) { self.geometry = geometry }

  package func shape(for inputs: [Shape]) -> Shape {
    let x = inputs[0]
    precondition(
      x.rank == 2 && x[1] == geometry.sampleCount,
      "frames: a signal \(x) for a geometry of \(geometry.sampleCount) samples")
    return [x[0], geometry.frameCount, geometry.frameSize]
  }

  package func evaluate(_ inputs: [CPUTensor], into result: CPUTensor, on workers: CPUWorkers) {
    let (x, y) = (inputs[0].floats, result.floats)
    let (geometry, size) = (geometry, geometry.frameSize)
    let rows = inputs[0].shape[0] * geometry.frameCount
    workers.forEachRange(rows, grain: max(1, 16384 / size)) { range in
      for row in range {
        let (item, frame) = row.quotientAndRemainder(dividingBy: geometry.frameCount)
        Self.copyFrame(
          frame, of: x + item * geometry.sampleCount, to: y + row * size, geometry)
      }
    }
  }

  private static func copyFrame(
    _ frame: Int, of signal: UnsafeMutablePointer<Float>, to result: UnsafeMutablePointer<Float>,
    _ geometry: FrameGeometry
  ) {
    let start = frame * geometry.hop - geometry.offset
    let count = geometry.sampleCount
    if start >= 0 && start + geometry.frameSize <= count {
      result.update(from: signal + start, count: geometry.frameSize)
      return
    }
    for index in 0..<geometry.frameSize {
      let position = start + index
      switch geometry.boundary {
      case .circular: result[index] = signal[modulo(position, count)]
      case .zero: result[index] = (0..<count).contains(position) ? signal[position] : 0
      case .reflect:
        let mirrored = position < 0 ? -position : position
        result[index] = signal[mirrored < count ? mirrored : 2 * (count - 1) - mirrored]
      }
    }
  }

  package func record(
    _ inputs: [GraphTensor], into result: GraphTensor, with recorder: inout Recorder
  ) {
    recorder.dispatch(
      FramesKernel.self, .init(signal: inputs[0].range, frames: result.range),
      specialization: .init(boundary: geometry.boundary.code),
      constants: .init(
        count: UInt32(result.count), frameSize: Int32(geometry.frameSize),
        hop: Int32(geometry.hop), frameCount: Int32(geometry.frameCount),
        sampleCount: Int32(geometry.sampleCount), offset: Int32(geometry.offset)),
      workgroups: .covering(result.count, by: 64))
  }

  package func gradients(of result: Tensor, inputs: [Tensor], upstream: Tensor) -> [Tensor?] {
    [upstream.overlapAdded(geometry)]
  }
}

extension Tensor {
  /// Overlapping frames of signals: [B, T] → [B, M, W].
  public func frames(_ geometry: FrameGeometry) -> Tensor { Tensor(Frames(geometry), of: [self]) }
}
