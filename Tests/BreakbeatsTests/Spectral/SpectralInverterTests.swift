import SpectralAudio
import Tensors
import Testing

@Suite struct SpectralInverterTests {
  let settings = SpectrogramSettings(
    sampleRate: 8000, fftSize: 128, windowSize: 128, hop: 32, frames: 32, bands: 60, bars: 1)

  @Test(arguments: SpectralBackend.all)
  func loopsOfPicturesLookLikeThePictures(_ backend: SpectralBackend) throws {
    let spectrogram = LogMelSpectrogram(settings)
    let inverter = SpectrogramInverter(settings, options: Options.real.withIterations(40))
    let x = Tensor.input([2, settings.loopSampleCount])
    let loop = drumLikeLoop(settings.loopSampleCount)
    let pictures = spectrogram.pictures(of: x)
    let loops = inverter.loops(from: pictures)
    #expect(pictures.shape == [2, 60, 32])
    #expect(loops.shape == [2, settings.loopSampleCount])
    let results = try backend.values(
      of: [pictures, spectrogram.pictures(of: loops), loops],
      given: [x: loop + loop.map { $0 / 4 }])
    #expect(results[0].allSatisfy { (0...1).contains($0) })
    #expect(results[2].allSatisfy { $0.isFinite })
    let errors = zip(results[0], results[1]).map { Swift.abs($0 - $1) }
    let mean = errors.reduce(0, +) / Float(errors.count)
    // 80 dB are 1: about 2 dB on average.
    #expect(mean < 0.03, "mean difference \(mean)")
  }

  @Test(arguments: [MelInversion.richardsonLucy(), .nonNegativeLeastSquares(), .pseudoInverse])
  func everyMelInversionGivesSound(_ method: MelInversion) throws {
    let spectrogram = LogMelSpectrogram(settings)
    let options = SpectrogramInverter.Options(
      melInversion: method, phaseRetrieval: .accelerated(iterations: 24))
    let inverter = SpectrogramInverter(settings, options: options)
    let x = Tensor.input([1, settings.loopSampleCount])
    let (_, convergence) = inverter.measuredLoops(from: spectrogram.pictures(of: x))
    let result = try SpectralBackend(backend: CPUBackend()).values(
      of: convergence[24], given: [x: drumLikeLoop(settings.loopSampleCount)])
    #expect(result[0] < 0.35)
  }

  @Test func anotherHopIsAnotherTempo() throws {
    #expect(settings.beatsPerMinute == 1875)
    let hop = SpectrogramInverter.synthesisHop(for: settings, beatsPerMinute: 2000)
    #expect(hop == 30)
    let options = Options.decoded.withIterations(2)
    let inverter = SpectrogramInverter(settings, options: options, hop: hop)
    #expect(inverter.beatsPerMinute == 2000)
    let pictures = Tensor.input([1, 60, 32])
    let loops = inverter.loops(from: pictures)
    #expect(loops.shape == [1, 960])
    let result = try SpectralBackend(backend: CPUBackend()).values(
      of: loops, given: [pictures: [Float](repeating: 0.5, count: pictures.shape.count)])
    #expect(result.allSatisfy { $0.isFinite })
  }

  typealias Options = SpectrogramInverter.Options
}
