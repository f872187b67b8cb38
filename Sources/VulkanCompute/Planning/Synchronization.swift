extension GraphPlan {
  /// Puts a barrier before each step that conflicts with one since the last barrier. A barrier
  /// orders everything before it against everything after it, so for steps in a given order no
  /// choice of barriers is smaller: each one stands as late as the first open conflict allows.
  mutating func synchronize(everyStep: Bool) {
    var pending = PendingAccesses()
    for index in steps.indices {
      let accesses = steps[index].accesses
      let conflicts = accesses.contains(where: pending.conflict)
      steps[index].needsBarrier = conflicts || (everyStep && index > 0)
      if steps[index].needsBarrier { pending = PendingAccesses() }
      accesses.forEach { pending.insert($0) }
    }
  }

  /// Permutes the steps between each two barriers: when the barriers are right, the result has the
  /// same bits.
  mutating func shuffleBetweenBarriers(seed: UInt64) {
    var generator = SplitMix64(state: seed)
    let pieces = steps.map(\.piece)
    let starts = [0] + steps.indices.filter { $0 > 0 && steps[$0].needsBarrier } + [steps.count]
    for (start, end) in zip(starts, starts.dropFirst()) where start < end {
      let barrier = steps[start].needsBarrier
      steps[start].needsBarrier = false
      steps[start..<end].shuffle(using: &generator)
      steps[start].needsBarrier = barrier
    }
    // Steps change places, the pieces that they are recorded in keep theirs.
    for (index, piece) in pieces.enumerated() { steps[index].piece = piece }
  }
}

/// What has happened since the last barrier, by memory.
private struct PendingAccesses {
  private var byMemory: [Int: [Access]] = [:]

  func conflict(_ access: Access) -> Bool {
    byMemory[access.place.memory]?.contains { $0.conflicts(with: access) } ?? false
  }

  mutating func insert(_ access: Access) {
    byMemory[access.place.memory, default: []].append(access)
  }
}

/// A small generator for shuffles that can be repeated (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
