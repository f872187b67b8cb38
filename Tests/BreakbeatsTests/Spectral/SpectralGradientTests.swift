import SpectralAudio
import Tensors
import Testing

/// Gradients against central differences along a random direction.
@Suite struct SpectralGradientTests {
  private func check(
    _ inputs: [Tensor], values: [[Float]], tolerance: Double = 2e-3, _ backend: SpectralBackend,
    _ function: ([Tensor]) -> Tensor
  ) throws {
    let result = function(inputs)
    let weights = Tensor.constant(
      spectralNoise(result.shape.count, seed: 77), shape: result.shape)
    let objective = (result * weights).sum()
    let gradients = objective.gradients(withRespectTo: inputs)
    let program = try Program(outputs: gradients + [result], on: backend.backend)
    let slopes = try program.run(Dictionary(uniqueKeysWithValues: zip(inputs, values)))
    for (index, input) in inputs.enumerated() {
      let direction = spectralNoise(input.shape.count, seed: UInt64(100 + index))
      let step: Float = 1e-2
      var ends: [Double] = []
      for sign: Float in [-1, 1] {
        var moved = values
        moved[index] = zip(values[index], direction).map { $0 + sign * step * $1 }
        let end = try program.run(Dictionary(uniqueKeysWithValues: zip(inputs, moved)))
        ends.append(
          innerProduct(end[inputs.count], spectralNoise(result.shape.count, seed: 77)))
      }
      let expected = (ends[1] - ends[0]) / Double(2 * step)
      let slope = innerProduct(slopes[index], direction)
      #expect(
        Swift.abs(slope - expected) < tolerance * max(1, Swift.abs(expected)),
        "input \(index): \(slope), differences \(expected)")
    }
  }

  @Test(arguments: SpectralBackend.all)
  func magnitudes(_ backend: SpectralBackend) throws {
    let c = Tensor.input([3, 2, 7])
    let values = spectralNoise(c.shape.count, seed: 1).map { $0 + ($0 < 0 ? -1 : 1) }
    try check([c], values: [values], backend) { magnitude($0[0]) }
    try check([c], values: [values], backend) { power($0[0]) }
  }

  @Test(arguments: SpectralBackend.all)
  func projectionOntoMagnitudes(_ backend: SpectralBackend) throws {
    let inputs = [
      Tensor.input([2, 3, 5]), .input([2, 3, 2, 5]), .input([2, 3, 2, 5]),
    ]
    let values = inputs.enumerated().map { index, input in
      spectralNoise(input.shape.count, seed: UInt64(index)).map { $0 * 0.1 + ($0 < 0 ? -1 : 1) }
    }
    try check(inputs, values: values, backend) {
      Tensor(MagnitudeProjection(step: 0.3), of: $0)
    }
    try check(inputs, values: values, backend) {
      Tensor(MagnitudeProjection(step: 0.3, softness: 1.5), of: $0)
    }
    let shared = [inputs[0], Tensor.input([3, 2, 5])]
    try check(shared, values: [values[0], Array(values[1][..<30])], backend) {
      $0[1].projected(ontoMagnitudes: $0[0])
    }
  }

  @Test(arguments: SpectralBackend.all)
  func interpolation(_ backend: SpectralBackend) throws {
    let inputs = [Tensor.input([11]), .input([11])]
    try check(inputs, values: [spectralNoise(11, seed: 1), spectralNoise(11, seed: 2)], backend) {
      Tensor(Interpolation(1.6), of: $0)
    }
  }

  @Test(arguments: SpectralBackend.all)
  func transformAndPicture(_ backend: SpectralBackend) throws {
    let settings = SpectrogramSettings(
      sampleRate: 8000, fftSize: 32, windowSize: 32, hop: 8, frames: 8, bands: 9, bars: 1)
    let spectrogram = LogMelSpectrogram(settings)
    let x = Tensor.input([1, 64])
    try check([x], values: [spectralNoise(64, seed: 4)], tolerance: 1e-2, backend) {
      spectrogram.bandPower(of: $0[0])
    }
    try check([x], values: [spectralNoise(64, seed: 4)], backend) {
      spectrogram.transform.projected(spectrogram.transform.spectrum(of: $0[0]) * 2)
    }
  }
}
