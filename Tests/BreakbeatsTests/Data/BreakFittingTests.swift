import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Fitting breaks to the grid")
struct BreakFittingTests {
  /// One bar at 10 kHz: a 500 Hz hit at each eighth, every other one late by 20 ms.
  private func uneven(tempo: Double, rate: Double = 10_000) -> BreakSource {
    let eighth = 30 / tempo * rate
    let count = Int(8 * eighth)
    var samples = [Float](repeating: 0, count: count)
    for number in 0..<8 {
      let start = Int(Double(number) * eighth + (number % 2 == 1 ? 0.02 * rate : 0))
      for offset in 0..<Int(eighth * 0.8) where start + offset < count {
        let time = Double(offset) / rate
        samples[start + offset] = Float(sin(2 * .pi * 500 * time) * exp(-time / 0.06))
      }
    }
    return BreakSource(
      name: "uneven", waveform: Waveform(samples: samples, sampleRate: rate),
      tempo: LoopTempo(bars: 1, beatsPerMinute: tempo, origin: .given))
  }

  private let settings = SpectrogramSettings.demo  // a sixteenth is 1,024 samples

  /// Where the hits begin: the first sample above a quarter of the peak after 40 ms of less.
  private func attacks(_ samples: [Float]) -> [Int] {
    var found: [Int] = []
    for (index, sample) in samples.enumerated() where abs(sample) > 0.4 {
      if let last = found.last, index - last < 1_500 { continue }
      found.append(index)
    }
    return found
  }

  private func zeroCrossings(_ samples: ArraySlice<Float>) -> Int {
    zip(samples, samples.dropFirst()).count { ($0 < 0) != ($1 < 0) }
  }

  @Test(
    "onset slices put every hit on its line, grid slices leave it where it was",
    arguments: BreakFitting.Fit.allCases, [110.0, 146.484375, 170])
  func lines(fit: BreakFitting.Fit, tempo: Double) throws {
    let source = uneven(tempo: tempo)
    let onset = try SlicedBreak(
      source, settings: settings, fitting: BreakFitting(slice: .onset, fit: fit))
    #expect(onset.samples.count == 16 * 1024)
    let hits = attacks(onset.samples)
    #expect(hits.count == 8, "\(hits)")
    for (number, hit) in hits.enumerated() {
      #expect(abs(hit - number * 2048) < 40, "\(fit) \(tempo): \(hits)")
    }
    let grid = try SlicedBreak(
      source, settings: settings, fitting: BreakFitting(slice: .grid, fit: fit))
    let late = Int(200 * tempo / 146.484375)
    for (number, hit) in attacks(grid.samples).enumerated() {
      let expected = number * 2048 + (number % 2 == 1 ? late : 0)
      #expect(abs(hit - expected) < 40, "\(fit) \(tempo): \(hit), not \(expected)")
    }
  }

  @Test("stretching keeps the pitch, repitching moves it with the tempo")
  func pitch() throws {
    let source = uneven(tempo: 110)
    for (fit, frequency) in [(BreakFitting.Fit.stretch, 500.0), (.repitch, 500 * 146.484375 / 110)]
    {
      let sliced = try SlicedBreak(
        source, settings: settings, fitting: BreakFitting(slice: .grid, fit: fit))
      // A tenth of a second of the first hit: two crossings a period.
      let heard = Double(zeroCrossings(sliced.samples[50..<1050])) * 5
      #expect(abs(heard / frequency - 1) < 0.04, "\(fit): \(heard) Hz, not \(frequency)")
    }
  }

  @Test(
    "a stretched hit has its length, its attack and no holes", arguments: [0.6, 0.8, 1.25, 1.7])
  func stretch(ratio: Double) {
    let input = (0..<4000).map { index in
      let time = Double(index) / 10_000
      return Float(sin(2 * .pi * 300 * time) * exp(-time / 0.2))
    }
    let count = Int(4000 * ratio)
    let output = TimeStretch(rate: 10_000).stretched(input, to: count)
    #expect(output.count == count)
    #expect(Array(output[..<300]) == Array(input[..<300]))
    for start in stride(from: 300, to: count - 400, by: 200) {
      // Energy follows the input at the same share of the way.
      let place = 300 + Int(Double(start - 300) * 3700 / Double(count - 300))
      let ours = output[start..<start + 200].reduce(0) { $0 + $1 * $1 }
      let theirs = input[place..<min(4000, place + 200)].reduce(0) { $0 + $1 * $1 }
      #expect(abs(ours / theirs - 1) < 0.4, "at \(start): \(ours) and \(theirs)")
    }
    for count in [0, 1, 5, 200] {
      #expect(TimeStretch(rate: 10_000).stretched(Array(input[..<100]), to: count).count == count)
    }
  }

  @Test("silence, noise and single hits are fitted without a crash", arguments: [0, 1, 2])
  func extremes(kind: Int) throws {
    var state: UInt64 = 9
    let samples = (0..<17_000).map { index -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      switch kind {
      case 0: return 0
      case 1: return Float(Double(state >> 11) * 0x1p-52 - 1)
      default: return index == 16_990 ? 1 : 0
      }
    }
    let source = BreakSource(
      name: "x", waveform: Waveform(samples: samples, sampleRate: 10_000),
      tempo: LoopTempo(bars: 1, beatsPerMinute: 240 / 1.7, origin: .given))
    for slice in BreakFitting.Slice.allCases {
      for fit in BreakFitting.Fit.allCases {
        let sliced = try SlicedBreak(
          source, settings: settings, fitting: BreakFitting(slice: slice, fit: fit))
        #expect(sliced.samples.count == 16 * 1024 && sliced.samples.allSatisfy(\.isFinite))
      }
    }
  }
}
