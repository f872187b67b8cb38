import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Spectrogram analysis")
struct SpectrogramAnalyzerTests {
  /// Short, and with a window that is neither the transform's size nor a power of two.
  let settings = SpectrogramSettings(
    fftSize: 128, windowSize: 96, hop: 32, frames: 16, bands: 20, referenceLevel: 10, bars: 0.25)

  private func loop() -> [Float] {
    let source = clicks(seconds: 0.0512, rate: 10_000, beats: 3)
    return source.enumerated().map { $1 + Float(0.05 * sin(0.9 * Double($0 * $0 % 251))) }
  }

  /// The definition, in Double.
  private func direct(_ samples: [Float], frame: Int, bin: Int) -> (Double, Double) {
    let (w, n) = (settings.windowSize, settings.fftSize)
    var (real, imaginary) = (0.0, 0.0)
    for offset in -w / 2..<w / 2 {
      let index = ((frame * settings.hop + offset) % samples.count + samples.count) % samples.count
      let window = 0.5 - 0.5 * cos(2 * .pi * Double(offset + w / 2) / Double(w))
      let angle = -2 * .pi * Double(bin * offset) / Double(n)
      real += window * Double(samples[index]) * cos(angle)
      imaginary += window * Double(samples[index]) * sin(angle)
    }
    return (real, imaginary)
  }

  @Test("FFTW agrees with the definition, phase at the window's centre, around the loop")
  func againstDefinition() throws {
    let samples = loop()
    #expect(samples.count == settings.loopSampleCount)
    let spectrum = try SpectrogramAnalyzer(settings: settings).spectrum(of: samples)
    for frame in 0..<settings.frames {
      for bin in 0..<settings.binCount {
        let (real, imaginary) = direct(samples, frame: frame, bin: bin)
        let index = bin * settings.frames + frame
        #expect(abs(Double(spectrum.real[index]) - real) < 2e-5)
        #expect(abs(Double(spectrum.imaginary[index]) - imaginary) < 2e-5)
      }
    }
  }

  @Test("the picture is the clamped level of the band powers")
  func image() throws {
    let samples = loop()
    let analyzer = try SpectrogramAnalyzer(settings: settings)
    let bank = MelFilterBank(settings)
    let image = analyzer.image(of: samples)
    for frame in stride(from: 0, to: settings.frames, by: 5) {
      for band in 0..<settings.bands {
        var power = 0.0
        for bin in 0..<settings.binCount {
          let (real, imaginary) = direct(samples, frame: frame, bin: bin)
          let weight = Double(bank.weights[band * bank.bins + bin])
          power += weight * (real * real + imaginary * imaginary)
        }
        let level = 1 + (10 * log10(power) - settings.referenceLevel) / settings.dynamicRange
        #expect(abs(Double(image[band * settings.frames + frame]) - min(1, max(0, level))) < 1e-4)
      }
    }
  }

  @Test("turning the loop by one hop turns the picture by one column")
  func circular() throws {
    let samples = loop()
    let turned = Array(samples[settings.hop...] + samples[..<settings.hop])
    let analyzer = try SpectrogramAnalyzer(settings: settings)
    let (first, second) = (analyzer.pixels(of: samples), analyzer.pixels(of: turned))
    for band in 0..<settings.bands {
      for frame in 0..<settings.frames {
        let next = (frame + 1) % settings.frames
        #expect(
          first[band * settings.frames + next] == second[band * settings.frames + frame])
      }
    }
  }

  @Test("silence is black and never not a number")
  func silence() throws {
    let silent = [Float](repeating: 0, count: settings.loopSampleCount)
    #expect(try SpectrogramAnalyzer(settings: settings).image(of: silent).allSatisfy { $0 == 0 })
  }
}
