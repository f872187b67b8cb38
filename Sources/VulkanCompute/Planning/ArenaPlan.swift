/// Places memory with limited lifetimes at offsets of one arena, so that values that are never
/// alive together share bytes.
///
/// ```swift
/// let plan = ArenaPlan(lifetimes: [
///   .init(byteCount: 1024, first: 0, last: 1),
///   .init(byteCount: 512, first: 1, last: 2),
///   .init(byteCount: 768, first: 2, last: 3),
/// ])
/// plan.offsets    // [0, 1024, 0]
/// plan.byteCount  // 1536
/// ```
///
/// Greedy by size with best fit: the largest value first, each into the smallest gap that holds it
/// among the values alive at the same time. Compilation costs O(n²) for n values. The arena is
/// never larger than without sharing.
public struct ArenaPlan: Sendable, Hashable {
  /// A value and the steps, both included, from its first use to its last.
  public struct Lifetime: Sendable, Hashable {
    /// Size in bytes.
    public var byteCount: Int
    /// The step that first touches it.
    public var first: Int
    /// The step that last touches it.
    public var last: Int

    /// A lifetime; the last step is not before the first.
    public init(byteCount: Int, first: Int, last: Int) {
      precondition(
        byteCount > 0 && first <= last,
        "\(byteCount) bytes alive in steps \(first)...\(last)")
      self.byteCount = byteCount
      self.first = first
      self.last = last
    }

    /// Whether both are alive in some step.
    func meets(_ other: Lifetime) -> Bool {
      first <= other.last && other.first <= last
    }
  }

  /// First byte of each lifetime.
  public let offsets: [Int]
  /// Size of the arena.
  public let byteCount: Int
  /// What the arena would measure if nothing shared bytes.
  public let unaliasedByteCount: Int

  /// Places every lifetime.
  ///
  /// - Parameters:
  ///   - lifetimes: When each value is alive and how long it is.
  ///   - alignment: Every offset is a multiple of this.
  ///   - blockByteCount: The arena is a row of blocks of this size, a multiple of the alignment, and
  ///     no value crosses from one into the next.
  public init(lifetimes: [Lifetime], alignment: Int = 256, blockByteCount: Int = .max) {
    precondition(
      alignment > 0 && (blockByteCount == .max || blockByteCount % alignment == 0),
      "blocks of \(blockByteCount) bytes aligned to \(alignment)")
    let bySize = lifetimes.indices.sorted {
      (-lifetimes[$0].byteCount, lifetimes[$0].first, $0)
        < (-lifetimes[$1].byteCount, lifetimes[$1].first, $1)
    }
    let byTime = lifetimes.indices.sorted {
      (lifetimes[$0].first, -lifetimes[$0].byteCount, $0)
        < (lifetimes[$1].first, -lifetimes[$1].byteCount, $1)
    }
    let row = Row(alignment: alignment, blockByteCount: blockByteCount)
    let candidates = [bySize, byTime].map { row.place(lifetimes, inOrder: $0) }
    let best = candidates[0].byteCount <= candidates[1].byteCount ? candidates[0] : candidates[1]
    offsets = best.offsets
    byteCount = best.byteCount
    unaliasedByteCount = lifetimes.reduce(0) { row.aligned($0) + $1.byteCount }
  }
}

/// Bytes in a row, cut into blocks.
private struct Row {
  let alignment: Int
  let blockByteCount: Int

  func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }

  /// The first allowed offset at or after `offset` for a value of a size.
  func firstFit(_ byteCount: Int, from offset: Int) -> Int {
    let start = aligned(offset)
    guard blockByteCount != .max else { return start }
    precondition(byteCount <= blockByteCount, "\(byteCount) bytes in a block of \(blockByteCount)")
    let roomInBlock = blockByteCount - start % blockByteCount
    return byteCount <= roomInBlock ? start : start + roomInBlock
  }

  /// Places values one after the other, each into the smallest gap between those that it meets.
  func place(
    _ lifetimes: [ArenaPlan.Lifetime], inOrder order: [Int]
  ) -> (offsets: [Int], byteCount: Int) {
    var offsets = [Int](repeating: 0, count: lifetimes.count)
    var placed: [Int] = []  // by rising offset
    var total = 0
    for index in order {
      let lifetime = lifetimes[index]
      var best: (offset: Int, waste: Int)?
      var end = 0
      for other in placed where lifetimes[other].meets(lifetime) {
        let offset = firstFit(lifetime.byteCount, from: end)
        let waste = offsets[other] - offset - lifetime.byteCount
        if waste >= 0, waste < best?.waste ?? .max { best = (offset, waste) }
        end = max(end, offsets[other] + lifetimes[other].byteCount)
      }
      let offset = best?.offset ?? firstFit(lifetime.byteCount, from: end)
      offsets[index] = offset
      total = max(total, offset + lifetime.byteCount)
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    return (offsets, total)
  }
}
