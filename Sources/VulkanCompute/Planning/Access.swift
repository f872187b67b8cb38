/// Bytes of one piece of memory, after placement.
package struct PlacedRange: Sendable, Hashable {
  /// Index of the memory: the graph's distinct external buffers first, then the arena's blocks.
  package var memory: Int
  /// The bytes.
  package var bytes: Range<Int>

  /// Whether both name a common byte.
  func overlaps(_ other: PlacedRange) -> Bool {
    memory == other.memory && bytes.overlaps(other.bytes)
  }
}

/// What a step does with some bytes.
package struct Access: Sendable, Hashable {
  /// The bytes.
  package var place: PlacedRange
  /// The declared resource they belong to.
  package var resource: Int
  /// Whether the step may load them.
  package var reads: Bool
  /// Whether the step may store them.
  package var writes: Bool

  /// Whether the order of the two matters.
  func conflicts(with other: Access) -> Bool {
    (writes || other.writes) && place.overlaps(other.place)
  }
}

extension DispatchGraph.Command {
  /// The ranges a command touches and what it does with them, in the order of its operands.
  var uses: [(range: BufferRange, reads: Bool, writes: Bool)] {
    switch self {
    case .dispatch(let kernel, let ranges, _, _, _):
      zip(ranges, kernel.bindings).map { ($0, $1.access.reads, $1.access.writes) }
    case .copy(let source, let target): [(source, true, false), (target, false, true)]
    case .fill(let range, _): [(range, false, true)]
    }
  }
}
