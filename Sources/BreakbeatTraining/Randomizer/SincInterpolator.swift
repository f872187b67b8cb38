#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a loop between its samples and at other speeds, by a windowed sinc.
///
/// Sixteen taps at speed 1; at higher speeds the filter grows wider and lower, so that nothing
/// aliases.
struct SincInterpolator: Sendable {
  private static let lobes = 8
  private static let resolution = 256
  /// Half of the kernel, `resolution` values per lobe.
  private let table: [Float]

  init() {
    let count = Self.lobes * Self.resolution
    table = (0...count + 1).map { index in
      let x = Double(index) / Double(Self.resolution)
      guard index < count else { return 0 }
      let window = 0.5 + 0.5 * cos(Double.pi * x / Double(Self.lobes))
      return Float(x == 0 ? 1 : sin(Double.pi * x) / (Double.pi * x) * window)
    }
  }

  /// The value at a position, around the loop's end.
  func value(of loop: UnsafeBufferPointer<Float>, at position: Double, speed: Double) -> Float {
    let width = max(1, abs(speed))
    let reach = Double(Self.lobes) * width
    let first = Int((position - reach).rounded(.up))
    let last = Int((position + reach).rounded(.down))
    var index = ((first % loop.count) + loop.count) % loop.count
    var sum: Float = 0
    for tap in first...last {
      let at = abs(Double(tap) - position) / width * Double(Self.resolution)
      let cell = min(Int(at), table.count - 2)
      let fraction = Float(at - Double(cell))
      sum += loop[index] * (table[cell] + (table[cell + 1] - table[cell]) * fraction)
      index += 1
      if index == loop.count { index = 0 }
    }
    return sum / Float(width)
  }
}
