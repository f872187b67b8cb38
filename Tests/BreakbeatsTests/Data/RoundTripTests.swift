import BreakbeatTraining
import Breakbeats
import Foundation
import SpectralAudio
import Tensors
import Testing

/// Real breaks to pictures of 8 bits and back, and what `Docs/AudioDesign.md` promises of it.
@Suite("Round trip")
struct RoundTripTests {
  private static let cpu = CPUBackend()

  /// A randomized loop of the amen break, and its picture.
  private func material(
    bars: Double, seed: UInt64
  ) throws -> (settings: SpectrogramSettings, loop: Waveform, image: SpectrogramImage) {
    let plain = SpectrogramSettings.full.withBars(bars)
    let loop = try LoopRandomizer(
      [RealBreaks.amen()], settings: plain, recipe: Recipe(), seed: seed
    ).loop(at: 0)
    let settings = try plain.withReferenceLevel(of: loop)
    return (settings, loop, try SpectrogramImage(of: loop, settings: settings))
  }

  @Test("FFTW and the matrix path agree on real audio", arguments: [2.0, 4.0])
  func analysis(bars: Double) throws {
    let (settings, loop, image) = try material(bars: bars, seed: 3)
    let transform = ShortTimeFourierTransform(settings)
    let x = Tensor.input([1, settings.loopSampleCount])
    let results = try Program(
      outputs: [transform.spectrum(of: x), LogMelSpectrogram(settings).pictures(of: x)],
      on: Self.cpu
    ).run([x: loop.samples])
    let spectrum = try SpectrogramAnalyzer(settings: settings).spectrum(of: loop.samples)
    let (frames, bins) = (settings.frames, settings.binCount)
    var worst: Float = 0
    for frame in 0..<frames {
      for bin in 0..<bins {
        let (real, imaginary) = (
          results[0][2 * frame * bins + bin], results[0][(2 * frame + 1) * bins + bin]
        )
        worst = max(worst, abs(real - spectrum.real[bin * frames + frame]))
        worst = max(worst, abs(imaginary - spectrum.imaginary[bin * frames + frame]))
      }
    }
    let scale = zip(spectrum.real, spectrum.imaginary).reduce(0) { max($0, abs($1.0), abs($1.1)) }
    #expect(worst < 2e-6 * scale, "\(worst) of \(scale)")
    // 8-bit levels: the same but where rounding decides, and there neighbours.
    let levels = zip(results[1], image.levels).map { abs($0 - $1) * 255 }
    #expect(levels.max() ?? 9 < 0.51)
  }

  @Test("what comes back", arguments: [(2.0, -29.5, 0.99), (4.0, -25.5, 0.985)])
  func quality(_ bars: Double, _ convergence: Double, _ correlation: Double) throws {
    let (settings, loop, image) = try material(bars: bars, seed: 4)
    let trip = try RoundTrip(settings, on: Self.cpu)
    let result = try trip.run(image, original: loop)
    #expect(result.loop.samples.count == settings.loopSampleCount)
    #expect(result.startConvergence < -15)
    #expect(result.endConvergence <= convergence)
    #expect(result.onsetCorrelation >= correlation)
    #expect(result.seam.isClosed)
    #expect(try trip.run(image, original: loop).loop == result.loop)
  }

  @Test("another tempo: exact length, closed seam, the same rhythm", arguments: [56, 73])
  func tempo(hop: Int) throws {
    let (settings, loop, image) = try material(bars: 2, seed: 5)
    let trip = try RoundTrip(
      settings, options: SpectrogramInverter.Options().withIterations(8), hop: hop, on: Self.cpu)
    let result = try trip.run(image, original: loop)
    #expect(result.loop.samples.count == 512 * hop)
    #expect(result.seam.isClosed)
    // Single loops; the mean over loops is above 0.93.
    #expect(result.onsetCorrelation > 0.85)
    let resampled = try result.loop.resampled(toRate: 44_100, isLoop: true)
    #expect(resampled.samples.count == Int((512 * Double(hop) * 4.41).rounded()))
    #expect(LoopSeam(of: resampled).isClosed)
  }

  @Test("items of a batch do not depend on each other")
  func batch() throws {
    let settings = SpectrogramSettings.tiny
    let loops = try (0..<3).map { try LoopRandomizer.tiny(seed: UInt64($0)) }
    let images = try loops.map { try SpectrogramImage(of: $0, settings: settings) }
    let options = SpectrogramInverter.Options().withIterations(3)
    let together = try RoundTrip(settings, options: options, batchSize: 3, on: Self.cpu)
      .run(images, originals: loops)
    for (image, (loop, result)) in zip(images, zip(loops, together)) {
      let alone = try RoundTrip(settings, options: options, on: Self.cpu)
        .run(image, original: loop)
      #expect(alone.loop == result.loop)
    }
    // A batch that is not full.
    let two = try RoundTrip(settings, options: options, batchSize: 3, on: Self.cpu)
      .run(Array(images[..<2]), originals: Array(loops[..<2]))
    #expect(two.map(\.loop) == together[..<2].map(\.loop))
  }

  @Test("figures of a loop compared with itself and with silence")
  func comparison() throws {
    let settings = SpectrogramSettings.tiny
    let loop = try LoopRandomizer.tiny(seed: 1).samples
    let comparison = try LoopComparison(with: loop, settings: settings)
    #expect(comparison.spectralConvergence(of: loop) < -120)
    #expect(abs(comparison.onsetCorrelation(of: loop) - 1) < 1e-6)
    let silence = [Float](repeating: 0, count: loop.count)
    #expect(abs(comparison.spectralConvergence(of: silence)) < 1e-9)
    #expect(comparison.onsetCorrelation(of: silence) == 0)
    let half = loop.map { $0 / 2 }
    #expect(abs(comparison.spectralConvergence(of: half) + 6.0206) < 1e-3)
  }

  @Test("a silent original has no convergence, which JSON says as null")
  func silence() throws {
    let settings = SpectrogramSettings.tiny
    let silence = [Float](repeating: 0, count: settings.loopSampleCount)
    let comparison = try LoopComparison(with: silence, settings: settings)
    #expect(!comparison.spectralConvergence(of: silence).isFinite)
    #expect(comparison.spectralConvergence(of: silence.map { $0 + 0.5 }) == .infinity)
    let bytes = Data("{\"onsetCorrelation\":0,\"isSeamClosed\":true}".utf8)
    let way = try JSONDecoder().decode(ReconstructionComparison.Way.self, from: bytes)
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(way))
    #expect((object as? [String: Any])?["spectralConvergence"] is NSNull)
  }

  @Test("a seam is measured against the jumps inside")
  func seam() {
    let ramp = (0..<1000).map { Float($0) / 1000 }
    let saw = LoopSeam(of: Waveform(samples: ramp, sampleRate: 10_000))
    #expect(!saw.isClosed && abs(saw.jump - 0.999) < 1e-6)
    let sine = (0..<1000).map { Float(sin(2 * .pi * Double($0) / 1000)) }
    #expect(LoopSeam(of: Waveform(samples: sine, sampleRate: 10_000)).isClosed)
  }
}

extension LoopRandomizer {
  /// A loop of the `tiny` preset from the synthetic break.
  fileprivate static func tiny(seed: UInt64) throws -> Waveform {
    let settings = SpectrogramSettings.tiny
    let randomizer = try LoopRandomizer(
      [.synthetic()], settings: settings, recipe: Recipe(), seed: seed)
    return try randomizer.loop(at: 0)
  }
}
