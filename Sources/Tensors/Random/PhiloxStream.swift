/// A sequence of random numbers from ``Philox``: one of 2^64 independent streams of a seed.
///
///     var random = PhiloxStream(seed: 7, stream: itemIndex)
///     if random.bool(probability: 0.1) { ... }
///
/// Conforms to the standard library's protocol, but prefer the methods here for anything that must
/// stay the same for ever: they are part of the data set format.
public struct PhiloxStream: RandomNumberGenerator, Sendable, Hashable {
  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// The start of stream number `stream` of a seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, 0, UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if used == 4 {
      block = Philox.block(counter: counter, key: key)
      counter.x &+= 1
      if counter.x == 0 { counter.y &+= 1 }
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = UInt64(next32())
    return low | UInt64(next32()) << 32
  }

  /// A number in `0..<1` with 32 random bits.
  public mutating func uniform() -> Double {
    Double(next32()) * 0x1p-32
  }

  /// A number in a half-open range.
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// True with a probability; always consumes one number.
  public mutating func bool(probability: Double) -> Bool {
    uniform() < probability
  }

  /// A whole number in `0..<bound`, each equally likely to within `bound / 2^32`.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= 1 << 31, "PhiloxStream: integer below \(bound)")
    return Int((UInt64(next32()) * UInt64(bound)) >> 32)
  }

  /// One element of a collection that is not empty.
  public mutating func choice<Choices: RandomAccessCollection>(
    _ choices: Choices
  ) -> Choices.Element {
    choices[choices.index(choices.startIndex, offsetBy: integer(below: choices.count))]
  }
}
