import VulkanCompute

extension ProgramReport {
  /// Adds what is known of a program once its dispatches are planned.
  mutating func add(_ graph: GraphReport) {
    dispatches += graph.dispatches
    barriers += graph.barriers
    multiplications += graph.multiplications
    executedMultiplications += graph.executedMultiplications
    arenaByteCount += graph.arenaByteCount
    unaliasedByteCount += graph.unaliasedByteCount
  }

  /// Adds another program's runs: all of their work, and its memory once.
  package mutating func add(_ other: ProgramReport, runs: Int) {
    steps += runs * other.steps
    dispatches += runs * other.dispatches
    barriers += runs * other.barriers
    submissions += runs * other.submissions
    multiplications += Double(runs) * other.multiplications
    executedMultiplications += Double(runs) * other.executedMultiplications
    arenaByteCount += other.arenaByteCount
    unaliasedByteCount += other.unaliasedByteCount
    notes += other.notes.filter { !notes.contains($0) }
    if let half = other.halfStorage {
      halfStorage = halfStorage ?? HalfStorage()
      halfStorage?.add(half, runs: runs)
    }
    for kind in other.kinds {
      var cost = kind.cost
      cost.count *= runs
      cost.arithmetic *= Double(runs)
      cost.bytesMoved *= runs
      cost.minimumByteCount *= runs
      add(cost, of: kind.name, isBandwidthBound: kind.isBandwidthBound)
    }
  }
}
