extension CompiledGraph {
  /// The graph in Graphviz's language: steps between two barriers in one box, and an arrow from
  /// the step that last stored a resource to each that loads it.
  public var graphviz: String { plan.graphviz }
}

extension GraphPlan {
  package var graphviz: String {
    var lines = ["digraph {", "  rankdir=TB; node [shape=box, fontname=\"sans-serif\"];"]
    var group = 0
    lines.append("  subgraph cluster_0 {")
    for (index, step) in steps.enumerated() {
      if step.needsBarrier {
        group += 1
        lines += ["  }", "  subgraph cluster_\(group) {"]
      }
      lines.append("    s\(index) [label=\(quoted(step.label))];")
    }
    lines.append("  }")
    lines += edges()
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  private func edges() -> [String] {
    var writer: [Int: Int] = [:]
    var lines: [String] = []
    for (index, step) in steps.enumerated() {
      for access in step.accesses where access.reads {
        guard let source = writer[access.resource] else { continue }
        let label = "\(resourceLabels[access.resource]) \(mebibytes(access.place.bytes.count))"
        lines.append("  s\(source) -> s\(index) [label=\(quoted(label))];")
      }
      for access in step.accesses where access.writes { writer[access.resource] = index }
    }
    return lines
  }

  private func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(escaped)\""
  }
}
