import BreakbeatTraining
import Breakbeats
import NeuralNetworks
import SpectralAudio
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sounds into the model, ways through the latents, labelled grids.
@Suite struct GeneratorSoundTests {
  private func generator() throws -> BreakbeatGenerator {
    let folder = try ScratchFolder()
    let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
    _ = try BreakbeatVAE(.tiny, parameters)
    let path = folder("model.safetensors")
    try ModelFile.write(.tiny, variables: parameters.variables, latents: nil, to: path)
    return try BreakbeatGenerator(contentsOf: path, device: "cpu")
  }

  private var settings: SpectrogramSettings { BreakbeatVAE.Configuration.tiny.spectrogram }

  /// `periods` of a sine in so many samples.
  private func sine(_ periods: Double, count: Int, rate: Double) -> Waveform {
    let step = 2 * Double.pi * periods / Double(count)
    let samples = (0..<count).map { Float(0.5 * sin(step * Double($0))) }
    return Waveform(samples: samples, sampleRate: rate)
  }

  @Test(arguments: [8192, 36_000, 3000])
  func soundsAreFittedAroundTheirEnds(_ count: Int) async throws {
    let generator = try generator()
    let fitted = try generator.fitted(sine(100, count: count, rate: 44_100))
    let wanted = sine(100, count: settings.loopSampleCount, rate: settings.sampleRate)
    #expect(fitted.sampleRate == 10_000)
    let worst = zip(fitted.samples, wanted.samples).reduce(0) { max($0, abs($1.0 - 2 * $1.1)) }
    #expect(worst < 0.003, "\(worst)")
  }

  @Test func whatTheSamplerCannotHoldIsFilteredOut() throws {
    // 15,000 periods are above the half of 8192 samples: only an alias could be left.
    let loop = sine(15_000, count: 36_000, rate: 44_100)
    let low = sine(50, count: 36_000, rate: 44_100)
    let both = Waveform(
      samples: zip(loop.samples, low.samples).map { $0 + $1 }, sampleRate: 44_100)
    let fitted = try generator().fitted(both)
    let wanted = sine(50, count: settings.loopSampleCount, rate: settings.sampleRate)
    let worst = zip(fitted.samples, wanted.samples).reduce(0) { max($0, abs($1.0 - 2 * $1.1)) }
    #expect(worst < 0.01, "\(worst)")
  }

  @Test func thePictureOfASoundIsTheDataSets() async throws {
    let generator = try generator()
    let loop = try BreakSource.synthetic().gridLoop(settings)
    let fitted = try generator.fitted(loop)
    let expected = try SpectrogramImage(of: fitted, settings: settings)
    let found = try await generator.spectrograms(of: [loop])[0]
    let worst = zip(found.levels, expected.levels).reduce(0) { max($0, abs($1.0 - $1.1)) }
    // One half of the data set's 8-bit step, and roundings of a single one.
    #expect(worst < 0.5 / 255 + 1e-3, "\(worst)")
    #expect(try await generator.encode([loop]) == generator.encode([found]))
  }

  @Test func unusableSoundsAreRefused() async throws {
    let generator = try generator()
    for samples in [[], [.nan] + [Float](repeating: 0, count: 8191), [1, 2]] as [[Float]] {
      await #expect(throws: BreakbeatError.self) {
        try await generator.encode([Waveform(samples: samples, sampleRate: 10_000)])
      }
    }
    let silence = Waveform(samples: [Float](repeating: 0, count: 8192), sampleRate: 10_000)
    #expect(try await generator.encode([silence])[0].allSatisfy(\.isFinite))
  }

  @Test func reconstructionsAreEncodedDecodedAndHeardBothWays() async throws {
    let generator = try generator()
    let loop = try BreakSource.synthetic().gridLoop(settings)
    let results = try await generator.reconstructions(of: [loop, loop], iterations: 4)
    #expect(results.count == 2 && results[0] == results[1])
    let result = results[0]
    #expect(result.original == (try generator.fitted(loop)))
    #expect(try await generator.encode([loop])[0] == result.reconstruction.latents)
    #expect(
      try await generator.decode([result.reconstruction.latents])[0]
        == result.reconstruction.picture)
    let comparison = try ReconstructionComparison(result, settings: settings)
    // An untrained model gives back nothing; the picture alone gives back the drums.
    #expect(comparison.roundTrip.onsetCorrelation > 0.8, "\(comparison)")
    let convergence = try [comparison.roundTrip, comparison.model].map {
      try #require($0.spectralConvergence)
    }
    #expect(convergence[0] < convergence[1])
    #expect(comparison.squaredError == result.squaredError && result.squaredError > 0.001)
    let faster = try await generator.reconstructions(
      of: [result.picture], bpm: 160, iterations: 1)[0]
    #expect(faster.original == nil && faster.roundTrip.samples.count == 64 * 117)
    #expect(throws: TrainingDataError.self) {
      try ReconstructionComparison(faster, settings: settings)
    }
  }

  @Test func straightAndSphericalWaysKeepTheirEnds() async throws {
    let count = 6
    var factor = [Float](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row { factor[row * count + column] = row == column ? 2 : 0.3 }
    }
    let gaussian = LatentGaussian(mean: (0..<count).map(Float.init), factor: factor)
    let (a, b) = (gaussian.sample(seed: 1, index: 0), gaussian.sample(seed: 1, index: 1))
    let straight = try gaussian.interpolation(from: a, to: b, steps: 5)
    let arc = try gaussian.interpolation(from: a, to: b, steps: 5, spherical: true)
    #expect(straight.first == a && straight.last == b && arc.first == a && arc.last == b)
    for (index, point) in straight.enumerated() {
      let t = Float(index) / 4
      for (value, ends) in zip(point, zip(a, b)) {
        #expect(abs(value - ((1 - t) * ends.0 + t * ends.1)) < 1e-5)
      }
    }
    // On a circle about the mean where both ends are as far from it: b mirrored to a's length.
    let mirrored = zip(a, gaussian.mean).enumerated().map { index, pair in
      index % 2 == 0 ? pair.0 : 2 * pair.1 - pair.0
    }
    let white = LatentGaussian(
      mean: gaussian.mean, factor: LatentGaussian.standard(count: count).factor)
    let circle = try white.interpolation(from: a, to: mirrored, steps: 9, spherical: true)
    func distance(_ point: [Float]) -> Double {
      zip(point, white.mean).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
    }
    for point in circle { #expect(abs(distance(point) - distance(a)) < 1e-4 * distance(a)) }
    let steps = zip(circle.dropFirst(), circle).map { pair in
      zip(pair.0, pair.1).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
    }
    #expect((steps.max() ?? 0) - (steps.min() ?? 0) < 1e-4 * distance(a), "\(steps)")
    // To itself and to the opposite: no angle to speak of, so straight.
    #expect(try white.interpolation(from: a, to: a, steps: 3, spherical: true)[1] == a)
    #expect(throws: BreakbeatError.self) { try gaussian.interpolation(from: a, to: b, steps: 1) }
    let flat = LatentGaussian(
      mean: gaussian.mean, factor: [Float](repeating: 0, count: count * count))
    #expect(throws: BreakbeatError.self) {
      try flat.interpolation(from: a, to: b, steps: 3, spherical: true)
    }
  }

  @Test func anInterpolationIsDrawnWithItsEnds() async throws {
    let generator = try generator()
    let ends = try await generator.draw(count: 2, seed: 7, iterations: 1)
    let morph = try await generator.interpolate(
      from: ends[0].latents, to: ends[1].latents, steps: 4, spherical: true, iterations: 1)
    #expect(morph.count == 4 && morph[0] == ends[0] && morph[3] == ends[1])
    #expect(Set(morph).count == 4)
  }

  @Test func labelsStandBelowTheirPictures() {
    let image = IndexedImage(width: 40, height: 10, shade: 128)
    let bare = IndexedImage.grid(of: [image, image, image], columns: 2)
    let grid = IndexedImage.grid(
      of: [image, image, image], columns: 2, labels: ["000", "001", "amen, 170 bpm, too long"],
      caption: "seed 7")
    #expect(grid.width == bare.width && grid.height > bare.height + 2 * 10)
    func ink(_ x: Range<Int>, _ y: Range<Int>) -> Int {
      y.reduce(0) { sum, y in sum + x.count { grid[$0, y] == 0 } }
    }
    #expect(ink(4..<44, 14..<28) > 20, "the first label")
    #expect(ink(48..<88, 14..<28) > 20 && ink(48..<88, 14..<28) != ink(4..<44, 14..<28))
    #expect(ink(48..<88, 42..<56) == 0, "there is no fourth picture")
    #expect(ink(0..<88, bare.height + 28..<grid.height) > 20, "the caption")
  }
}
