import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Resampling")
struct ResamplingTests {
  @Test("a sine through a closed loop stays that sine", arguments: [44_100, 22_050, 8_000])
  func sine(rate: Int) throws {
    let cycles = 440
    let samples = (0..<rate).map { Float(sin(2 * .pi * Double(cycles * $0) / Double(rate))) }
    let result = try Waveform(samples: samples, sampleRate: Double(rate))
      .resampled(toRate: 10_000, isLoop: true)
    #expect(result.samples.count == 10_000)
    var worst = 0.0
    for (index, sample) in result.samples.enumerated() {
      let expected = sin(2 * .pi * Double(cycles * index) / 10_000)
      worst = max(worst, abs(Double(sample) - expected))
    }
    // A thousandth of a sample of shift is allowed: 0.0003 at 440 Hz.
    #expect(worst < 0.001)
  }

  @Test("what lies above half the new rate is gone")
  func aliases() throws {
    let samples = (0..<44_100).map { Float(sin(2 * .pi * 6_000 * Double($0) / 44_100)) }
    let result = try Waveform(samples: samples, sampleRate: 44_100)
      .resampled(toRate: 10_000, isLoop: true)
    #expect(result.peak < 1e-4)
  }
}
