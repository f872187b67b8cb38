#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension SpectrogramSettings.MelScale {
  /// The position of a frequency on the scale.
  ///
  /// Slaney: `f * 3 / 200` up to 1 kHz, then `15 + 27 ln(f / 1000) / ln 6.4`.
  /// HTK: `2595 log10(1 + f / 700)`.
  public func mel(fromHertz frequency: Double) -> Double {
    switch self {
    case .htk:
      return 2595 * log10(1 + frequency / 700)
    case .slaney:
      let linear = frequency * 3 / 200
      return frequency < 1_000 ? linear : 15 + 27 * log(frequency / 1_000) / log(6.4)
    }
  }

  /// The frequency at a position of the scale, in Hz: the inverse of ``mel(fromHertz:)``.
  public func hertz(fromMel mel: Double) -> Double {
    switch self {
    case .htk:
      return 700 * (pow(10, mel / 2595) - 1)
    case .slaney:
      return mel < 15 ? mel * 200 / 3 : 1_000 * exp((mel - 15) * log(6.4) / 27)
    }
  }

  /// Frequencies in Hz, equally spaced on the scale, both ends included.
  public func frequencies(count: Int, from minimum: Double, to maximum: Double) -> [Double] {
    precondition(count >= 2, "mel frequencies: a count of \(count)")
    let low = mel(fromHertz: minimum)
    let high = mel(fromHertz: maximum)
    return (0..<count).map { index in
      hertz(fromMel: low + (high - low) * Double(index) / Double(count - 1))
    }
  }
}
