import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads tempo, bars and downbeat from the autocorrelation of the onset envelope.
///
/// A tempo's *score* is the mean of the normalized autocorrelation at a quarter, a half, one, two,
/// four and eight beats, those within reach, times a preference for tempi near 140 bpm that settles
/// the choice between a tempo and its double. Tempi with a whole number of bars in the file are tried
/// with the circular autocorrelation, as loops; all others from 60 to 220 with the ordinary one.
struct TempoEstimator {
  private let envelope: RhythmEnvelope
  private let duration: Double
  /// The rises, blurred by ±10 ms, as drummers are; their mean taken away.
  private let values: [Double]
  private let power: Double

  /// Beats of the lags that are compared, and their weights.
  private static let multiples: [(beats: Double, weight: Double)] = [
    (0.25, 0.3), (0.5, 0.6), (1, 1), (2, 1), (4, 1.2), (8, 0.6),
  ]

  init(_ waveform: Waveform) {
    envelope = RhythmEnvelope(waveform)
    duration = waveform.duration
    // A minute says it all.
    let rises = Array(envelope.sum.prefix(Int(60 * RhythmEnvelope.rate)))
    let count = rises.count
    let blurred = rises.indices.map { step in
      [0.25, 0.75, 1, 0.75, 0.25].enumerated().reduce(0.0) { sum, tap in
        sum + tap.element * rises[(step + tap.offset - 2 + count) % count]
      }
    }
    let mean = blurred.reduce(0, +) / Double(max(1, count))
    values = blurred.map { $0 - mean }
    power = values.reduce(0) { $0 + $1 * $1 } / Double(max(1, count))
  }

  private struct Candidate {
    var beatsPerMinute: Double
    var bars: Double?
    var score: Double
    var preference: Double
    var merit: Double { score * preference }
  }

  /// How steady the rhythm is: the score of the best tempo; 0 without any.
  var steadiness: Double { max(0, freeTempo()?.score ?? 0) }

  /// Tempo, bars and downbeat, or nil if no rhythm is heard.
  ///
  /// - Parameter isDownbeatKnown: whether the sound begins with the first bar.
  func tempo(isDownbeatKnown: Bool) -> LoopTempo? {
    guard duration >= 0.4, power > 1e-6 else { return nil }
    let free = freeTempo()
    let loop = loopTempo()
    var best = [loop, free].compactMap { $0 }.max { $0.merit < $1.merit }
    if let free, let loop {
      // A whole number of bars at the tempo that is heard anyway is no accident; otherwise silence
      // before the first sound says that the file is no loop as it is.
      let silence = Double(envelope.start) / RhythmEnvelope.rate
      if abs(free.beatsPerMinute / loop.beatsPerMinute - 1) < 0.01 {
        best = loop
      } else if !isDownbeatKnown && silence > 0.03 {
        best = free
      }
    }
    guard let best, best.score > 0.05 else { return nil }
    var tempo = LoopTempo(
      bars: best.bars ?? 1, beatsPerMinute: best.beatsPerMinute, origin: .estimated,
      confidence: min(1, max(0, best.score)))
    guard best.bars == nil else { return tempo }
    let bar = 240 / best.beatsPerMinute
    if !isDownbeatKnown {
      let latest = min(bar, duration - bar / 4)
      tempo.downbeat = downbeat(of: tempo, within: max(0, latest))
    }
    // Loops are often cut a little short of the last bar's end.
    let fitting = (duration - tempo.downbeat) / bar + 0.06
    tempo.bars = fitting >= 1 ? min(64, fitting.rounded(.down)) : fitting >= 0.5 ? 0.5 : 0.25
    return tempo
  }

  /// The best tempo with a whole number of bars in the file.
  private func loopTempo() -> Candidate? {
    let counts: [Double] = [0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128]
    return counts.compactMap { bars -> Candidate? in
      let tempo = 240 * bars / duration
      guard (60...220).contains(tempo), let score = score(tempo, isCircular: true) else {
        return nil
      }
      let isUsual = bars.significand == 1
      return Candidate(
        beatsPerMinute: tempo, bars: bars, score: score,
        preference: preference(tempo) * (isUsual ? 1.1 : 0.85))
    }.max { $0.merit < $1.merit }
  }

  /// The best tempo of all, found in steps of 0.4 % and then of 0.05 %.
  private func freeTempo() -> Candidate? {
    func best(_ tempi: StrideThrough<Double>) -> Candidate? {
      tempi.compactMap { logarithm -> Candidate? in
        let tempo = exp(logarithm)
        return score(tempo, isCircular: false).map {
          Candidate(beatsPerMinute: tempo, score: $0, preference: preference(tempo))
        }
      }.max { $0.merit < $1.merit }
    }
    guard let coarse = best(stride(from: log(60), through: log(220), by: 0.004)) else { return nil }
    let middle = log(coarse.beatsPerMinute)
    return best(stride(from: middle - 0.005, through: middle + 0.005, by: 0.0005))
  }

  /// A bell over the logarithm of the tempo around 140 bpm, 0.8 octaves wide.
  private func preference(_ tempo: Double) -> Double {
    let octaves = log2(tempo / 140) / 0.8
    return exp(-0.5 * octaves * octaves)
  }

  private func score(_ tempo: Double, isCircular: Bool) -> Double? {
    let beat = 60 / tempo * RhythmEnvelope.rate
    let reach = Double(values.count) * (isCircular ? 0.99 : 0.67)
    var (sum, weights) = (0.0, 0.0)
    for (beats, weight) in Self.multiples where beats * beat < reach {
      sum += weight * correlation(beats * beat, isCircular: isCircular)
      weights += weight
    }
    return weights >= 1.8 ? sum / weights : nil
  }

  /// The normalized autocorrelation at a lag between two steps.
  private func correlation(_ lag: Double, isCircular: Bool) -> Double {
    let whole = Int(lag)
    let fraction = lag - Double(whole)
    return (1 - fraction) * correlation(whole, isCircular)
      + fraction * correlation(whole + 1, isCircular)
  }

  private func correlation(_ lag: Int, _ isCircular: Bool) -> Double {
    let count = isCircular ? values.count : values.count - lag
    guard count > 0 else { return 0 }
    var sum = 0.0
    values.withUnsafeBufferPointer { values in
      for step in 0..<values.count - lag { sum += values[step] * values[step + lag] }
      if isCircular {
        for step in values.count - lag..<values.count {
          sum += values[step] * values[step + lag - values.count]
        }
      }
    }
    return sum / Double(count) / power
  }
}

extension TempoEstimator {
  /// Where the first bar begins, in seconds, at most `slack`: where low drums fall on one and three
  /// and bright ones on two and four, in all bars together. Recordings mostly begin with the bar, so
  /// the first sound is preferred by a third.
  ///
  /// What is shorter than the slack of a loosely cut loop begins at once.
  func downbeat(of tempo: LoopTempo, within slack: Double) -> Double {
    let beat = 60 / tempo.beatsPerMinute * RhythmEnvelope.rate
    guard slack * RhythmEnvelope.rate > beat / 8 else { return 0 }
    let last = min(Int(slack * RhythmEnvelope.rate), Int(4 * beat))
    var best = (step: 0, merit: -1.0)
    for step in envelope.start...max(envelope.start, last) {
      var (sum, count) = (0.0, 0.0)
      var position = Double(step)
      var number = 0
      while Int(position) < envelope.low.count {
        let low = peak(envelope.lowHits, around: Int(position.rounded()))
        let high = peak(envelope.highHits, around: Int(position.rounded()))
        switch number % 4 {
        case 0: sum += 1.5 * low + 0.3 * high
        case 2: sum += 0.5 * low
        default: sum += high
        }
        count += 1
        position += beat
        number += 1
      }
      let merit = sum / max(1, count) * (step - envelope.start <= 4 ? 1.33 : 1)
      if merit > best.merit { best = (step, merit) }
    }
    return refined(best.step)
  }

  /// The largest value within ±10 ms.
  private func peak(_ values: [Double], around step: Int) -> Double {
    let range = max(0, step - 2)..<min(values.count, max(0, step + 3))
    return values[range].max() ?? 0
  }

  /// The time of the onset near a step.
  private func refined(_ step: Int) -> Double {
    let sum = envelope.sum
    let range = max(0, step - 3)..<min(sum.count, step + 4)
    let nearest = range.max { sum[$0] < sum[$1] } ?? step
    return Double(nearest) / RhythmEnvelope.rate
  }
}
