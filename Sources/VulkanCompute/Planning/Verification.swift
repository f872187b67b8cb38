extension GraphPlan {
  /// Every fault of placement and barriers, found by other means than those that planned them:
  /// byte by byte in blocks of equal fate, each step against each earlier one. O(n²) in steps.
  package func faults() -> [String] { missingBarriers() + overwrittenValues() }

  /// Pairs of steps that touch a common byte, one of them storing, with no barrier in between.
  private func missingBarriers() -> [String] {
    // epochs[i] counts the barriers up to and including the one before step i.
    var epochs: [Int] = []
    for step in steps { epochs.append((epochs.last ?? 0) + (step.needsBarrier ? 1 : 0)) }
    var faults: [String] = []
    for later in steps.indices {
      // Workgroups of one step are never ordered, in one command or in several.
      for earlier in 0..<later
      where epochs[earlier] == epochs[later]
        && steps[earlier].declaredIndex != steps[later].declaredIndex
      {
        for a in steps[earlier].accesses {
          for b in steps[later].accesses where a.place.memory == b.place.memory {
            let first = max(a.place.bytes.lowerBound, b.place.bytes.lowerBound)
            let end = min(a.place.bytes.upperBound, b.place.bytes.upperBound)
            guard first < end, let hazard = Self.hazard(a, b) else { continue }
            faults.append(
              "\(hazard): step \(later) (\(steps[later].label)) follows step \(earlier) "
                + "(\(steps[earlier].label)) without a barrier on bytes \(first)..<\(end) of "
                + "memory \(a.place.memory)")
          }
        }
      }
    }
    return faults
  }

  private static func hazard(_ earlier: Access, _ later: Access) -> String? {
    switch (earlier.writes, later.writes) {
    case (true, _) where later.reads: "read after write"
    case (true, true): "write after write"
    case (false, true): "write after read"
    default: nil
    }
  }

  /// Stores to a resource's bytes by way of another resource, between its first use and its last.
  private func overwrittenValues() -> [String] {
    var firstUse: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for access in step.accesses where firstUse[access.resource] == nil {
        firstUse[access.resource] = index
      }
    }
    var faults: [String] = []
    for (index, step) in steps.enumerated() {
      for use in step.accesses where use.place.memory >= externals.count + owned.count {
        for earlier in (firstUse[use.resource] ?? index)...index {
          for store in steps[earlier].accesses
          where store.writes && store.resource != use.resource && store.place.overlaps(use.place) {
            faults.append(
              "step \(earlier) (\(steps[earlier].label)) overwrites bytes \(use.place.bytes) of "
                + "memory \(use.place.memory) that step \(index) (\(step.label)) still uses")
          }
        }
      }
    }
    return faults
  }
}
