import SpectralAudio
import Tensors
import Testing

/// The consistency kernel beside the exact projection.
@Suite struct ConsistencyTests {
  static let transform = ShortTimeFourierTransform(
    sampleCount: 14 * 16, fftSize: 128, window: .hann(64), hop: 16)

  /// A hop that is odd, one that does not divide the window, frames fewer than the kernel reaches.
  @Test(
    arguments: SpectralBackend.all,
    [(14, 128, 64, 16), (11, 128, 64, 9), (9, 60, 48, 7), (3, 64, 64, 8), (1, 64, 32, 16)])
  func wholeTablesAreTheProjection(
    _ backend: SpectralBackend, _ sizes: (frames: Int, fft: Int, window: Int, hop: Int)
  ) throws {
    let transform = ShortTimeFourierTransform(
      sampleCount: sizes.frames * sizes.hop, fftSize: sizes.fft, window: .hann(sizes.window),
      hop: sizes.hop)
    let table = try #require(ConsistencyTable(transform))
    let kernel = ConsistencyKernel(table, frameCount: sizes.frames)
    let c = Tensor.input([2, sizes.frames, 2, transform.binCount])
    let results = try backend.values(
      of: [kernel.projected(c), transform.projected(c)],
      given: [c: spectralNoise(c.shape.count, seed: 1)])
    #expect(relativeError(results[0], results[1]) < 2e-6)
  }

  @Test func tableSizesOfTheDefaultConfiguration() throws {
    for (hop, count) in [(128, 59), (64, 133)] {
      let transform = ShortTimeFourierTransform(
        sampleCount: 16 * hop, fftSize: 1024, window: .hann(512), hop: hop)
      let table = try #require(ConsistencyTable(transform))
      #expect(table.truncated().tapCount == count)
      #expect(try #require(ConsistencyKernel(transform)).table == table.truncated())
    }
    #expect(try #require(ConsistencyTable(Self.transform)).truncated(decibels: -400).reach > 20)
  }

  /// Dropped taps hold 10^-3.5 of the energy, so the error is near -35 dB for noise.
  @Test(arguments: SpectralBackend.all)
  func truncationLosesWhatItSays(_ backend: SpectralBackend) throws {
    let kernel = try #require(ConsistencyKernel(Self.transform))
    let c = Tensor.input([1, 14, 2, 65])
    let results = try backend.values(
      of: [kernel.projected(c), Self.transform.projected(c)],
      given: [c: spectralNoise(c.shape.count, seed: 2)])
    var (error, norm) = (0.0, 0.0)
    for (a, b) in zip(results[0], results[1]) {
      error += Double(a - b) * Double(a - b)
      norm += Double(b) * Double(b)
    }
    #expect(error > 0 && error < 1.5e-3 * norm)
  }

  @Test func whereThereIsNoKernelTheProjectionIsExact() {
    let asymmetric = ShortTimeFourierTransform(
      sampleCount: 128, fftSize: 64, window: .hamming(48), hop: 16)
    let atStart = ShortTimeFourierTransform(
      sampleCount: 128, fftSize: 64, window: .hann(48), hop: 16, phaseOrigin: .start)
    let padded = ShortTimeFourierTransform(
      sampleCount: 128, fftSize: 64, window: .hann(48), hop: 16, framing: .centered())
    // Four samples in 1024: the matrices are the smaller ones.
    let short = ShortTimeFourierTransform(
      sampleCount: 128, fftSize: 1024, window: .hann(4), hop: 2)
    for transform in [asymmetric, atStart, padded, short] {
      #expect(ConsistencyKernel(transform) == nil)
      #expect(Consistency.kernel.projection(transform) is ShortTimeFourierTransform)
    }
    #expect(Consistency.kernel.projection(Self.transform) is ConsistencyKernel)
    #expect(Consistency.exact.projection(Self.transform) is ShortTimeFourierTransform)
  }

  /// Kernel and matrices lead to the same sound as far as anyone can measure.
  @Test(arguments: SpectralBackend.all)
  func phaseRetrievalDoesNotHearTheTruncation(_ backend: SpectralBackend) throws {
    let x = Tensor.input([1, Self.transform.sampleCount])
    let magnitudes = magnitude(Self.transform.spectrum(of: x))
    let retrieval = PhaseRetrieval.accelerated(iterations: 12)
    let convergence = Consistency.allCases.map { consistency in
      let spectrum = retrieval.spectrum(
        magnitudes: magnitudes, start: .tree(), projection: consistency.projection(Self.transform))
      return spectralConvergence(of: Self.transform.projected(spectrum), to: magnitudes)
    }
    let results = try backend.values(
      of: convergence, given: [x: drumLikeLoop(Self.transform.sampleCount)])
    #expect(results[1][0] < 0.2)
    #expect(Swift.abs(results[0][0] - results[1][0]) < 0.1 * results[1][0] + 0.005)
  }
}
