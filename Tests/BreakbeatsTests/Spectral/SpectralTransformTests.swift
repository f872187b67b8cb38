import Foundation
import SpectralAudio
import Tensors
import Testing

@Suite struct SpectralTransformTests {
  /// The circular transform by its definition, in Double: real parts, then imaginary parts of each
  /// frame, phases measured at the window's centre.
  private func directTransform(
    _ x: [Float], fftSize: Int, window: [Double], hop: Int
  ) -> [Double] {
    var result: [Double] = []
    for frame in 0..<x.count / hop {
      for part in 0..<2 {
        for bin in 0...fftSize / 2 {
          var sum = 0.0
          for (index, weight) in window.enumerated() {
            let n = index - window.count / 2
            let sample = Double(x[(frame * hop + n + 4 * x.count) % x.count])
            let angle = -2 * Double.pi * Double(bin * n) / Double(fftSize)
            sum += weight * sample * (part == 0 ? cos(angle) : sin(angle))
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  @Test(arguments: SpectralBackend.all)
  func spectrumIsTheFourierSum(_ backend: SpectralBackend) throws {
    let loop = spectralNoise(60, seed: 1)
    let window = AnalysisWindow.hann(12)
    let transform = ShortTimeFourierTransform(
      sampleCount: 60, fftSize: 20, window: window, hop: 5)
    let x = Tensor.input([1, 60])
    let spectrum = transform.spectrum(of: x)
    #expect(spectrum.shape == [1, 12, 2, 11])
    let results = try backend.values(
      of: [spectrum, magnitude(spectrum), power(spectrum)], given: [x: loop])
    let expected = directTransform(loop, fftSize: 20, window: window.values, hop: 5)
    #expect(relativeError(results[0], expected) < 1e-6)
    var powers: [Double] = []
    for frame in 0..<12 {
      for bin in 0..<11 {
        let (real, imaginary) = (expected[frame * 22 + bin], expected[frame * 22 + 11 + bin])
        powers.append(real * real + imaginary * imaginary)
      }
    }
    #expect(relativeError(results[1], powers.map { $0.squareRoot() }) < 1e-6)
    #expect(relativeError(results[2], powers) < 1e-6)
  }

  @Test(
    arguments: SpectralBackend.all,
    [Framing.circular, .centered(.zero), .centered(.reflect)])
  func inverseUndoesTheTransform(_ backend: SpectralBackend, _ framing: Framing) throws {
    let transform = ShortTimeFourierTransform(
      sampleCount: 320, fftSize: 64, window: .hamming(48), hop: 16, framing: framing)
    let x = Tensor.input([3, 320])
    let loops = spectralNoise(960, seed: 2)
    let restored = try backend.values(
      of: transform.inverse(transform.spectrum(of: x)), given: [x: loops])
    #expect(relativeError(restored, loops) < 1e-5)
  }

  /// A hop that does not divide the window, and a window longer than the loop.
  @Test(arguments: [(320, 64, 10), (40, 64, 8)])
  func inverseUndoesTheTransformOfOddLoops(_ count: Int, _ window: Int, _ hop: Int) throws {
    let transform = ShortTimeFourierTransform(
      sampleCount: count, fftSize: 128, window: .hann(window), hop: hop)
    let x = Tensor.input([1, count])
    let loop = spectralNoise(count, seed: 8)
    let restored = try SpectralBackend(backend: CPUBackend()).values(
      of: transform.inverse(transform.spectrum(of: x)), given: [x: loop])
    #expect(relativeError(restored, loop) < 1e-5)
  }

  @Test(arguments: SpectralBackend.all)
  func theLeastSquaresInverseMakesAProjection(_ backend: SpectralBackend) throws {
    let transform = ShortTimeFourierTransform(
      sampleCount: 256, fftSize: 64, window: .hann(64), hop: 16)
    let c = Tensor.input([1, 16, 2, 33])
    let once = transform.projected(c)
    let results = try backend.values(
      of: [once, transform.projected(once)], given: [c: spectralNoise(c.shape.count, seed: 3)])
    #expect(relativeError(results[1], results[0]) < 1e-5)
  }

  /// Rotating a loop by whole hops rotates its frames: there is no seam.
  @Test func framesOfALoopRotateWithIt() throws {
    let transform = ShortTimeFourierTransform(
      sampleCount: 256, fftSize: 64, window: .hann(64), hop: 16)
    let loop = spectralNoise(256, seed: 4)
    let rotated = Array(loop[80...] + loop[..<80])
    let x = Tensor.input([2, 256])
    let spectra = try SpectralBackend(backend: CPUBackend()).values(
      of: transform.spectrum(of: x), given: [x: loop + rotated])
    let frame = 2 * transform.binCount
    let first = Array(spectra[..<(16 * frame)])
    let second = Array(spectra[(16 * frame)...])
    #expect(Array(first[(5 * frame)...] + first[..<(5 * frame)]) == second)
  }
}
