#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The weights of a frame's samples before its Fourier transform.
public struct AnalysisWindow: Sendable, Hashable {
  /// The weights.
  public let values: [Double]

  /// Number of samples W.
  public var count: Int { values.count }

  /// A window of given weights, at least one.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty, "AnalysisWindow: no values")
    self.values = values
  }

  /// `1/2 - 1/2 cos(2πn / W)`, periodic.
  public static func hann(_ count: Int) -> AnalysisWindow { cosineSum([0.5, 0.5], count) }

  /// `0.54 - 0.46 cos(2πn / W)`, periodic.
  public static func hamming(_ count: Int) -> AnalysisWindow { cosineSum([0.54, 0.46], count) }

  /// `0.42 - 0.5 cos(2πn / W) + 0.08 cos(4πn / W)`, periodic.
  public static func blackman(_ count: Int) -> AnalysisWindow {
    cosineSum([0.42, 0.5, 0.08], count)
  }

  /// Ones.
  public static func rectangular(_ count: Int) -> AnalysisWindow { cosineSum([1], count) }

  /// A window by its usual name (`hann`, `hamming`, `blackman`, `boxcar`); `nil` for others.
  public init?(named name: String, count: Int) {
    switch name {
    case "hann", "hanning": self = .hann(count)
    case "hamming": self = .hamming(count)
    case "blackman": self = .blackman(count)
    case "boxcar", "rectangular", "ones": self = .rectangular(count)
    default: return nil
    }
  }

  /// Σ (-1)^j coefficient[j] cos(2πjn / W).
  private static func cosineSum(_ coefficients: [Double], _ count: Int) -> AnalysisWindow {
    precondition(count > 0, "AnalysisWindow: \(count) samples")
    return AnalysisWindow(
      (0..<count).map { n in
        coefficients.enumerated().reduce(0) { sum, term in
          let (order, coefficient) = term
          let angle = 2 * Double.pi * Double(order * n % count) / Double(count)
          return sum + (order % 2 == 0 ? coefficient : -coefficient) * cos(angle)
        }
      })
  }
}
