import SpectralAudio

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Waveform {
  /// The sound as a loop of given settings: their number of samples by a windowed sinc around the
  /// loop's end, and a peak of 1; silence stays silent.
  func fitted(to settings: SpectrogramSettings) throws -> Waveform {
    let count = settings.loopSampleCount
    let ratio = Double(samples.count) / Double(count)
    guard (1.0 / 64...64).contains(ratio) else {
      throw BreakbeatError(
        .invalidRequest,
        "a sound of \(samples.count) samples for loops of \(count); give one loop of about "
          + counted(bars: settings.bars))
    }
    guard samples.allSatisfy(\.isFinite) else {
      throw BreakbeatError(.invalidRequest, "a sound with samples that are not numbers; mend it")
    }
    let fitted = samples.count == count ? samples : resampledLoop(count: count)
    let peak = fitted.reduce(0) { max($0, abs($1)) }
    return Waveform(
      samples: peak > 0 ? fitted.map { $0 / peak } : fitted, sampleRate: settings.sampleRate)
  }

  /// The loop at another number of samples:
  ///
  ///     y[i] = Σ_n x[n mod N] h(i N/M - n),   h(t) = c sinc(c t) cos²(π t / 2R),   c = min(1, M/N)
  ///
  /// with R = 16 / c samples to each side.
  private func resampledLoop(count: Int) -> [Float] {
    let step = Double(samples.count) / Double(count)
    let cutoff = min(1, 1 / step)
    let reach = 16 / cutoff
    return (0..<count).map { index in
      let position = Double(index) * step
      let first = Int((position - reach).rounded(.up))
      let last = Int((position + reach).rounded(.down))
      var sum = 0.0
      var weights = 0.0
      var source = first % samples.count
      if source < 0 { source += samples.count }
      for tap in first...last {
        let distance = position - Double(tap)
        let angle = Double.pi * cutoff * distance
        let window = 0.5 + 0.5 * cos(Double.pi * distance / reach)
        let weight = (angle == 0 ? 1 : sin(angle) / angle) * window
        sum += weight * Double(samples[source])
        weights += weight
        source += 1
        if source == samples.count { source = 0 }
      }
      return Float(sum / weights)
    }
  }
}
