/// Where buffers with known lifetimes go in one block of memory, so that buffers which are never
/// live at the same time share bytes.
///
/// Greedy by size: the largest buffer first, each into the smallest gap that fits between the
/// buffers already placed that live at the same time, or after the last of them. **Cost**
/// O(n² log n) for n buffers, once per compilation.
public struct ArenaPlan: Sendable, Hashable {
  /// How long a buffer must keep its bytes, in steps.
  public struct Lifetime: Sendable, Hashable {
    /// Size in bytes.
    public var byteCount: Int
    /// First step that writes it.
    public var first: Int
    /// Last step that uses it.
    public var last: Int

    /// A buffer in use from step `first` to step `last`, both included.
    public init(byteCount: Int, first: Int, last: Int) {
      precondition(byteCount > 0 && first <= last, "\(byteCount) bytes, steps \(first)...\(last)")
      (self.byteCount, self.first, self.last) = (byteCount, first, last)
    }
  }

  /// First byte of each buffer, in the order given.
  public let offsets: [Int]
  /// Bytes of the whole arena.
  public let byteCount: Int
  /// Bytes that the buffers would take without sharing.
  public let unaliasedByteCount: Int

  /// Places buffers at multiples of `alignment` bytes.
  public init(lifetimes: [Lifetime], alignment: Int) {
    precondition(alignment > 0, "alignment \(alignment)")
    let sizes = lifetimes.map { ($0.byteCount + alignment - 1) / alignment * alignment }
    let order = lifetimes.indices.sorted {
      (sizes[$0], lifetimes[$1].first, $1) > (sizes[$1], lifetimes[$0].first, $0)
    }
    var offsets = [Int](repeating: 0, count: lifetimes.count)
    var placed: [Int] = []
    for index in order {
      let rivals = placed.filter {
        lifetimes[$0].first <= lifetimes[index].last && lifetimes[index].first <= lifetimes[$0].last
      }
      let taken = rivals.map { offsets[$0]..<offsets[$0] + sizes[$0] }
      offsets[index] = Self.bestGap(for: sizes[index], between: taken)
      placed.append(index)
    }
    self.offsets = offsets
    byteCount = zip(offsets, sizes).map { $0 + $1 }.max() ?? 0
    unaliasedByteCount = sizes.reduce(0, +)
  }

  /// Start of the smallest gap of at least `size` bytes, or the end of the last range.
  private static func bestGap(for size: Int, between ranges: [Range<Int>]) -> Int {
    var end = 0
    var best: (start: Int, size: Int)?
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let gap = range.lowerBound - end
      if gap >= size, gap < best?.size ?? Int.max { best = (end, gap) }
      end = max(end, range.upperBound)
    }
    return best?.start ?? end
  }
}
