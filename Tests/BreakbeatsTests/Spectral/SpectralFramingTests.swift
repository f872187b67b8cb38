import SpectralAudio
import Tensors
import Testing

@Suite struct SpectralFramingTests {
  static let geometries = [
    FrameGeometry(
      frameSize: 9, hop: 4, frameCount: 7, sampleCount: 28, offset: 4, boundary: .circular),
    FrameGeometry(
      frameSize: 50, hop: 3, frameCount: 5, sampleCount: 15, offset: 25, boundary: .circular),
    FrameGeometry(
      frameSize: 10, hop: 3, frameCount: 9, sampleCount: 23, offset: 5, boundary: .zero),
    FrameGeometry(
      frameSize: 6, hop: 5, frameCount: 3, sampleCount: 23, offset: -2, boundary: .zero),
    FrameGeometry(
      frameSize: 12, hop: 4, frameCount: 6, sampleCount: 21, offset: 6, boundary: .reflect),
    FrameGeometry(
      frameSize: 4, hop: 7, frameCount: 4, sampleCount: 22, offset: 2, boundary: .reflect),
  ]

  /// The sample that a position outside the signal reads, written from the definition.
  private func sample(_ signal: [Float], _ position: Int, _ geometry: FrameGeometry) -> Float {
    var position = position
    switch geometry.boundary {
    case .zero: return signal.indices.contains(position) ? signal[position] : 0
    case .circular:
      while position < 0 { position += signal.count }
      return signal[position % signal.count]
    case .reflect:
      if position < 0 { position = -position }
      if position >= signal.count { position = 2 * (signal.count - 1) - position }
      return signal[position]
    }
  }

  @Test(arguments: SpectralBackend.all, geometries)
  func framesReadTheSamplesOfTheDefinition(
    _ backend: SpectralBackend, _ geometry: FrameGeometry
  ) throws {
    let signals = spectralNoise(2 * geometry.sampleCount, seed: 1)
    let x = Tensor.input([2, geometry.sampleCount])
    let frames = try backend.values(of: x.frames(geometry), given: [x: signals])
    var expected: [Float] = []
    for item in 0..<2 {
      let signal = Array(signals[item * geometry.sampleCount..<(item + 1) * geometry.sampleCount])
      for frame in 0..<geometry.frameCount {
        for index in 0..<geometry.frameSize {
          expected.append(
            sample(signal, frame * geometry.hop - geometry.offset + index, geometry))
        }
      }
    }
    #expect(frames == expected)
  }

  /// <frames(x), y> = <x, overlapAdd(y)>: each is the other's gradient.
  @Test(arguments: SpectralBackend.all, geometries)
  func overlapAddIsTheAdjointOfFrames(
    _ backend: SpectralBackend, _ geometry: FrameGeometry
  ) throws {
    let shape: Shape = [2, geometry.frameCount, geometry.frameSize]
    let x = Tensor.input([2, geometry.sampleCount])
    let y = Tensor.input(shape)
    let (a, b) = (spectralNoise(x.shape.count, seed: 2), spectralNoise(shape.count, seed: 3))
    let results = try backend.values(
      of: [
        x.frames(geometry), y.overlapAdded(geometry),
        x.frames(geometry).gradients(withRespectTo: [x], upstream: y)[0],
        y.overlapAdded(geometry).gradients(withRespectTo: [y], upstream: x)[0],
      ], given: [x: a, y: b])
    let difference = innerProduct(results[0], b) - innerProduct(a, results[1])
    #expect(Swift.abs(difference) < 1e-4)
    #expect(results[2] == results[1])
    #expect(results[3] == results[0])
  }
}
