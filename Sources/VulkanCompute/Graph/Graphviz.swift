extension CompiledGraph {
  /// The graph in Graphviz's language: steps between two barriers in one box, and an arrow from
  /// each step that last stored some bytes to each that loads them. A dispatch that runs in parts is
  /// one step.
  public var graphviz: String { plan.graphviz }
}

extension GraphPlan {
  package var graphviz: String {
    var lines = ["digraph {", "  rankdir=TB; node [shape=box, fontname=\"sans-serif\"];"]
    let partCounts = Dictionary(grouping: steps, by: \.declaredIndex).mapValues(\.count)
    var drawn: Set<Int> = []
    var group = 0
    lines.append("  subgraph cluster_0 {")
    for step in steps {
      if step.needsBarrier {
        group += 1
        lines += ["  }", "  subgraph cluster_\(group) {"]
      }
      guard drawn.insert(step.declaredIndex).inserted else { continue }
      let count = partCounts[step.declaredIndex] ?? 1
      let label = count > 1 ? "\(step.label) in \(count) parts" : step.label
      lines.append("    s\(step.declaredIndex) [label=\(quoted(label))];")
    }
    lines.append("  }")
    lines += edges()
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  private func edges() -> [String] {
    var stores = LastStores()
    var drawn: Set<Int> = []
    var lines: [String] = []
    for step in steps {
      // The parts of a step have the same operands.
      let number = step.declaredIndex
      guard drawn.insert(number).inserted else { continue }
      for access in step.accesses where access.reads {
        let isKept = access.place.memory < externals.count + owned.count
        for (source, byteCount) in stores.sources(of: access, acrossResources: isKept) {
          let label = "\(resourceLabels[access.resource]) \(mebibytes(byteCount))"
          lines.append("  s\(source) -> s\(number) [label=\(quoted(label))];")
        }
      }
      for access in step.accesses where access.writes { stores.insert(access, by: number) }
    }
    return lines
  }

  private func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(escaped)\""
  }
}

/// Which step last stored each byte.
private struct LastStores {
  private struct Store {
    var bytes: Range<Int>
    var resource: Int
    var step: Int
  }

  /// Without overlap.
  private var byMemory: [Int: [Store]] = [:]

  /// Steps that stored what an access loads, with the bytes of each.
  ///
  /// - Parameter acrossResources: Whether stores by way of other resources count. In the arena they
  ///   belong to a value that is no longer alive.
  func sources(of access: Access, acrossResources: Bool) -> [(step: Int, byteCount: Int)] {
    var byteCounts: [Int: Int] = [:]
    for store in byMemory[access.place.memory] ?? []
    where store.bytes.overlaps(access.place.bytes)
      && (acrossResources || store.resource == access.resource)
    {
      byteCounts[store.step, default: 0] += store.bytes.clamped(to: access.place.bytes).count
    }
    return byteCounts.sorted { $0.key < $1.key }.map { (step: $0.key, byteCount: $0.value) }
  }

  /// Takes the place of earlier stores to the same bytes.
  mutating func insert(_ access: Access, by step: Int) {
    let bytes = access.place.bytes
    var stores: [Store] = []
    for store in byMemory[access.place.memory] ?? [] {
      guard store.bytes.overlaps(bytes) else {
        stores.append(store)
        continue
      }
      for (start, end) in [
        (store.bytes.lowerBound, bytes.lowerBound), (bytes.upperBound, store.bytes.upperBound),
      ] where start < end {
        stores.append(Store(bytes: start..<end, resource: store.resource, step: store.step))
      }
    }
    byMemory[access.place.memory] =
      stores + [Store(bytes: bytes, resource: access.resource, step: step)]
  }
}
