#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The weights of the projection onto consistent spectra as a convolution over time and frequency:
///
///     a[q][p] = (1/N) Σ_n w(n + qR/2) s(n - qR/2) cos(2πpn/N),   s = w / Σ_m w²(t - mR)
///
/// for a window w that is symmetric about n = 0, hop R and transform length N. a is real and
/// symmetric in q and p, so 0 ≤ q < ⌈W/R⌉ and 0 ≤ p ≤ N/2 are kept.
///
/// Source: Le Roux, Kameoka, Ono and Sagayama, "Fast signal reconstruction from magnitude STFT
/// spectrogram based on spectrogram consistency" (DAFx 2010).
public struct ConsistencyTable: Sendable, Hashable {
  /// Length N of the Fourier transform.
  public let fftSize: Int
  /// Samples R from one frame to the next.
  public let hop: Int
  /// a[q][p], rows of equal or different lengths; what lies beyond a row's end is 0.
  public private(set) var weights: [[Double]]

  /// The whole table of a circular transform; `nil` where the window is not symmetric about its
  /// centre, phases are not measured there, or frames do not wrap around.
  ///
  /// **Cost** W²N / 4R multiplications.
  public init?(_ transform: ShortTimeFourierTransform) {
    let (window, geometry) = (transform.window.values, transform.geometry)
    // Sample i of the window is n = i - offset.
    let offset = geometry.offset
    guard geometry.boundary == .circular, transform.phaseOrigin == .center,
      window.indices.allSatisfy({ index in
        let mirrored = 2 * offset - index
        let other = window.indices.contains(mirrored) ? window[mirrored] : 0
        return Swift.abs(window[index] - other) < 1e-7
      })
    else { return nil }
    let envelope = WindowEnvelope.endless(window, hop: geometry.hop)
    let synthesis = zip(window, envelope).map { $1 > 0 ? $0 / $1 : $0 }
    self.init(
      fftSize: transform.fftSize, hop: geometry.hop, window: window, synthesis: synthesis,
      center: offset)
  }

  private init(fftSize: Int, hop: Int, window: [Double], synthesis: [Double], center: Int) {
    self.fftSize = fftSize
    self.hop = hop
    // Angles are multiples of π/N: n is a half integer for odd qR.
    let cosines = (0..<2 * fftSize).map { cos(Double.pi * Double($0) / Double(fftSize)) }
    weights = (0..<(window.count + hop - 1) / hop).map { shift in
      let overlap = window.count - shift * hop
      let products = (0..<overlap).map { window[$0 + shift * hop] * synthesis[$0] }
      return (0...fftSize / 2).map { bin in
        var angle = bin * (shift * hop - 2 * center) % (2 * fftSize)
        if angle < 0 { angle += 2 * fftSize }
        var sum = 0.0
        for product in products {
          sum += product * cosines[angle]
          angle += 2 * bin
          if angle >= 2 * fftSize { angle -= 2 * fftSize }
        }
        return sum / Double(fftSize)
      }
    }
  }

  /// The taps with weights other than 0, both signs of q and p counted.
  public var tapCount: Int {
    weights.enumerated().reduce(0) { count, row in
      let taps = row.element.enumerated().reduce(0) {
        $0 + ($1.element == 0 ? 0 : multiplicity($1.offset))
      }
      return count + taps * (row.offset == 0 ? 1 : 2)
    }
  }

  /// The farthest bin with a weight other than 0.
  public var reach: Int {
    weights.reduce(0) { max($0, ($1.lastIndex { $0 != 0 }) ?? 0) }
  }

  /// The largest weights only: what is left out holds at most `decibels` of the table's energy.
  ///
  /// -35 dB keep 59 taps at N = 1024, W = 512 and hop 128, and 133 at hop 64.
  public func truncated(decibels: Double = -35) -> ConsistencyTable {
    struct Entry { let shift, bin: Int, energy: Double }
    var entries: [Entry] = []
    for (shift, row) in weights.enumerated() {
      for (bin, weight) in row.enumerated() {
        let count = Double(multiplicity(bin) * (shift == 0 ? 1 : 2))
        entries.append(Entry(shift: shift, bin: bin, energy: count * weight * weight))
      }
    }
    let total = entries.reduce(0) { $0 + $1.energy }
    let bySize = entries.sorted {
      let (a, b) = (Swift.abs(weights[$0.shift][$0.bin]), Swift.abs(weights[$1.shift][$1.bin]))
      return a != b ? a > b : ($0.shift, $0.bin) < ($1.shift, $1.bin)
    }
    var kept = weights.map { [Double](repeating: 0, count: $0.count) }
    var rest = total
    for entry in bySize where rest > pow(10, decibels / 10) * total {
      kept[entry.shift][entry.bin] = weights[entry.shift][entry.bin]
      rest -= entry.energy
    }
    return with(kept)
  }

  /// The box |p| ≤ `reach` of all shifts.
  public func truncated(reach: Int) -> ConsistencyTable {
    with(weights.map { Array($0.prefix(reach + 1)) })
  }

  /// How many bins p ≤ N/2 stands for.
  private func multiplicity(_ bin: Int) -> Int { bin == 0 || 2 * bin == fftSize ? 1 : 2 }

  private func with(_ weights: [[Double]]) -> ConsistencyTable {
    var table = self
    table.weights = weights
    return table
  }
}
