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

  @Test("what a filter overshoots is scaled down in the loop of a file")
  func overshoot() throws {
    let square = Waveform(
      samples: (0..<1000).map { ($0 + 25) / 50 % 2 == 0 ? 1 : -1 }, sampleRate: 10_000)
    let loud = try square.resampled(toRate: 44_100, isLoop: true)
    #expect(loud.peak > 1.05)
    let written = try square.loopOfFile(atRate: 44_100)
    #expect(written.peak == 1 && written.sampleRate == 44_100)
    #expect(written.samples == loud.samples.map { $0 / loud.peak })
    #expect(LoopSeam(of: written).isClosed)
    // Nothing else is touched.
    #expect(try square.loopOfFile(atRate: nil) == square)
    #expect(try square.loopOfFile(atRate: 10_000) == square)
    let quiet = Waveform(samples: square.samples.map { $0 / 2 }, sampleRate: 10_000)
    let resampled = try quiet.resampled(toRate: 44_100, isLoop: true)
    #expect(try quiet.loopOfFile(atRate: 44_100) == resampled)
    let twice = Waveform(samples: square.samples.map { 2 * $0 }, sampleRate: 10_000)
    #expect(try twice.loopOfFile(atRate: nil) == square)
  }
}
