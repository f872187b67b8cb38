/// Proves that barriers order whatever depends on each other in the stream of commands that a queue
/// is given, across submissions, replays and graphs, copies to and from the host included.
///
/// It knows nothing of how barriers were planned: it sees the commands as they were recorded, with
/// the bytes that were bound and the access that the kernels' SPIR-V declares.
package struct HazardChecker: Sendable {
  /// Accesses since the last barrier, by buffer.
  private var pending: [UInt64: [(access: CommandTrace.Access, command: String)]] = [:]
  /// Host-visible buffers stored to and not yet shown to the host, with the command.
  private var unshown: [UInt64: String] = [:]

  /// A checker that has seen nothing.
  package init() {}

  /// Goes on with commands; returns the faults found.
  package mutating func consume(_ events: [CommandTrace.Event]) -> [String] {
    var faults: [String] = []
    for event in events {
      switch event {
      case .barrier: pending = [:]
      case .hostBarrier: unshown = [:]
      case .command(let name, let accesses):
        for access in accesses { faults += conflicts(access, name) }
        for access in accesses {
          pending[access.buffer, default: []].append((access, name))
          if access.writes && access.isHostVisible {
            unshown[access.buffer] = "\(access.label) by \(name)"
          }
        }
      }
    }
    return faults
  }

  /// The faults of stopping here, where the host may look at everything.
  package mutating func finish() -> [String] {
    defer { unshown = [:] }
    return unshown.values.sorted().map { "no barrier shows the host what was stored to \($0)" }
  }

  private func conflicts(_ later: CommandTrace.Access, _ name: String) -> [String] {
    (pending[later.buffer] ?? []).compactMap { earlier, earlierName in
      guard let hazard = Self.hazard(earlier, later), earlier.bytes.overlaps(later.bytes) else {
        return nil
      }
      return "\(hazard): \(name) follows \(earlierName) without a barrier on bytes "
        + "\(earlier.bytes.clamped(to: later.bytes)) of \(later.label)"
    }
  }

  private static func hazard(
    _ earlier: CommandTrace.Access, _ later: CommandTrace.Access
  ) -> String? {
    switch (earlier.writes, later.writes) {
    case (true, _) where later.reads: "read after write"
    case (true, true): "write after write"
    case (false, true): "write after read"
    default: nil
    }
  }
}
