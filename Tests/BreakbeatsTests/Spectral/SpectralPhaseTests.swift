import Foundation
import SpectralAudio
import Tensors
import Testing

@Suite struct SpectralPhaseTests {
  let settings = SpectrogramSettings(
    sampleRate: 8000, fftSize: 128, windowSize: 128, hop: 32, frames: 32, bands: 40, bars: 1)

  @Test(arguments: SpectralBackend.all, [(false, 0), (true, 0), (false, 1), (true, 0.5)])
  func projectionKeepsThePhase(
    _ backend: SpectralBackend, _ variant: (isAccelerated: Bool, softness: Double)
  ) throws {
    let (isAccelerated, softness) = variant
    let (items, frames, bins) = (2, 3, 5)
    let magnitudes = Tensor.input([items, frames, bins])
    let current = Tensor.input([items, frames, 2, bins])
    let previous = Tensor.input([items, frames, 2, bins])
    let a = spectralNoise(magnitudes.shape.count, seed: 1).map { $0 * $0 }
    var p = spectralNoise(current.shape.count, seed: 2)
    var t = spectralNoise(current.shape.count, seed: 3)
    // One number without a phase.
    (p[1], p[bins + 1], t[1], t[bins + 1]) = (0, 0, 0, 0)
    let step: Float = isAccelerated ? 2.56 : 1
    let inputs = [magnitudes, current] + (isAccelerated ? [previous] : [])
    let result = try backend.values(
      of: Tensor(MagnitudeProjection(step: step, softness: Float(softness)), of: inputs),
      given: [magnitudes: a, current: p, previous: t])
    var expected = [Double](repeating: 0, count: p.count)
    for row in 0..<items * frames {
      for bin in 0..<bins {
        let (real, imaginary) = (2 * row * bins + bin, (2 * row + 1) * bins + bin)
        let c = [real, imaginary].map { place -> Double in
          let new = Double(p[place])
          let old = Double(t[place])
          return isAccelerated ? old + Double(step) * (new - old) : new
        }
        let target = Double(a[row * bins + bin])
        let softened = softness * softness * target * target
        let length = (c[0] * c[0] + c[1] * c[1] + softened).squareRoot()
        let magnitude = target * (1 + softness * softness).squareRoot()
        expected[real] = length > 0 ? magnitude * c[0] / length : magnitude
        expected[imaginary] = length > 0 ? magnitude * c[1] / length : 0
      }
    }
    #expect(relativeError(result, expected) < 1e-6)
  }

  /// With γ = 1 the accelerated iteration is librosa's: c = P - α/(1+α) (P before).
  @Test func fastGriffinLimIsTheMomentumForm() throws {
    let transform = ShortTimeFourierTransform(settings)
    let x = Tensor.input([1, settings.loopSampleCount])
    let magnitudes = magnitude(transform.spectrum(of: x))
    let start = PhaseStart.random(seed: 3)
    let ours = PhaseRetrieval.fast(momentum: 0.99, iterations: 4).spectrum(
      magnitudes: magnitudes, start: start, projection: transform)
    var y = PhaseRetrieval.plain(iterations: 0).spectrum(
      magnitudes: magnitudes, start: start, projection: transform)
    var before: Tensor?
    for _ in 0..<4 {
      let rebuilt = transform.projected(y)
      let angles = before.map { rebuilt - $0 * Float(0.99 / 1.99) } ?? rebuilt
      y = angles.projected(ontoMagnitudes: magnitudes)
      before = rebuilt
    }
    let results = try SpectralBackend(backend: CPUBackend()).values(
      of: [ours, y], given: [x: drumLikeLoop(settings.loopSampleCount)])
    #expect(relativeError(results[0], results[1]) < 1e-3)
  }

  @Test(arguments: SpectralBackend.all)
  func iterationsConverge(_ backend: SpectralBackend) throws {
    let transform = ShortTimeFourierTransform(settings)
    let x = Tensor.input([2, settings.loopSampleCount])
    let loop = drumLikeLoop(settings.loopSampleCount)
    let magnitudes = magnitude(transform.spectrum(of: x))
    for retrieval in [
      PhaseRetrieval.plain(iterations: 24), .fast(iterations: 24), .accelerated(iterations: 24),
    ] {
      let (spectrum, convergence) = retrieval.measuredSpectrum(
        magnitudes: magnitudes, start: .random(seed: 1), projection: transform)
      let results = try backend.values(
        of: convergence + [magnitude(spectrum), magnitudes, spectrum], given: [x: loop + loop])
      let curve = results[0...24].map { $0[0] }
      #expect(curve.count == 25)
      #expect(curve[24] < 0.25 && curve[24] < curve[1] / 2, "\(retrieval): \(curve)")
      // Every estimate has the wanted magnitudes, and equal items stay equal.
      #expect(relativeError(results[25], results[26]) < 1e-5)
      let half = results[27].count / 2
      #expect(Array(results[27][..<half]) == Array(results[27][half...]))
    }
  }

  /// Magnitudes that no sound has, as models decode them: what they differ by from device to device
  /// stays as small in the sound. With σ = 0 it grows to more than ten times as much.
  @Test func iterationsDoNotMultiplyRounding() throws {
    let settings = SpectrogramSettings.tiny
    let inverter = SpectrogramInverter(settings, options: .decoded)
    let picture = Tensor.input([1, settings.bands, settings.frames])
    let loop = drumLikeLoop(settings.loopSampleCount)
    let x = Tensor.input([1, loop.count])
    let backend = SpectralBackend(backend: CPUBackend())
    let drum = try backend.values(
      of: LogMelSpectrogram(settings).pictures(of: x), given: [x: loop])
    let noise = spectralNoise(drum.count, seed: 3)
    let decoded = zip(drum, noise).map { min(max($0 + 0.05 * $1, 0), 1) }
    let program = try Program(outputs: [inverter.loops(from: picture)], on: backend.backend)
    let sound = try program.run([picture: decoded])[0]
    let rounded = zip(decoded, spectralNoise(drum.count, seed: 4)).map { $0 + 1e-7 * $1 }
    let error = relativeError(try program.run([picture: rounded])[0], sound)
    #expect(error > 0 && error < 3e-5, "\(error)")
  }

  @Test func convergenceOfTheTrueSpectrumIsZeroAndSilenceIsFinite() throws {
    let transform = ShortTimeFourierTransform(settings)
    let x = Tensor.input([2, settings.loopSampleCount])
    let spectrum = transform.spectrum(of: x)
    let silence = [Float](repeating: 0, count: settings.loopSampleCount)
    let result = try SpectralBackend(backend: CPUBackend()).values(
      of: spectralConvergence(of: transform.projected(spectrum), to: magnitude(spectrum)),
      given: [x: drumLikeLoop(settings.loopSampleCount) + silence])
    #expect(result[0] < 1e-5)
    #expect(result[1] == 0)
  }
}
