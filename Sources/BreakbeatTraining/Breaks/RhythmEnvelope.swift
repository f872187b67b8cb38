import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How suddenly a sound grows, two hundred times a second: what tempo and downbeat are read from.
///
/// Two bands count: low drums, below some 150 Hz, and the energy of sample differences, where sticks
/// and wires show. Each value is max(0, ln(energy of this step / mean of the two before)), with a
/// floor of 2 % of the mean energy under both.
struct RhythmEnvelope {
  /// Steps per second.
  static let rate = 200.0

  /// Rises of the low band.
  private(set) var low: [Double] = []
  /// Rises of the high band.
  private(set) var high: [Double] = []
  /// Rises of the low band times the amplitude they lead to, the loudest being 1.
  private(set) var lowHits: [Double] = []
  /// The same of the high band.
  private(set) var highHits: [Double] = []
  /// The step of the first sound: 50 dB below the loudest.
  private(set) var start = 0

  init(_ waveform: Waveform) {
    let samples = waveform.samples
    let count = Int(Double(samples.count) / waveform.sampleRate * Self.rate)
    let pole = Float(min(1, 2 * 3.141_592_653_589_793 * 150 / waveform.sampleRate))
    var lows = [Double](repeating: 0, count: count)
    var highs = lows
    var totals = lows
    var (slow, slower, previous) = (Float(0), Float(0), Float(0))
    var position = 0
    for step in 0..<count {
      let end = min(
        samples.count, Int(Double(step + 1) * waveform.sampleRate / Self.rate))
      while position < end {
        let sample = samples[position]
        slow += pole * (sample - slow)
        slower += pole * (slow - slower)
        lows[step] += Double(slower * slower)
        highs[step] += Double((sample - previous) * (sample - previous))
        totals[step] += Double(sample * sample)
        previous = sample
        position += 1
      }
    }
    low = Self.rises(lows)
    high = Self.rises(highs)
    lowHits = Self.hits(low, lows)
    highHits = Self.hits(high, highs)
    let loudest = totals.max() ?? 0
    start = totals.firstIndex { $0 > loudest * 1e-5 } ?? 0
  }

  /// Both bands together.
  var sum: [Double] { zip(low, high).map { $0 + $1 } }

  private static func hits(_ rises: [Double], _ energy: [Double]) -> [Double] {
    let loudest = max(energy.max() ?? 0, 1e-30)
    return zip(rises, energy).map { $0 * ($1 / loudest).squareRoot() }
  }

  private static func rises(_ energy: [Double]) -> [Double] {
    let floor = 0.02 * energy.reduce(0, +) / Double(max(1, energy.count))
    guard floor > 0 else { return energy }
    return energy.indices.map { step in
      let before = (step > 0 ? energy[step - 1] : 0) + (step > 1 ? energy[step - 2] : 0)
      let rise = log((energy[step] + floor) / (before / 2 + floor))
      return rise > 0.7 ? rise : 0
    }
  }
}
