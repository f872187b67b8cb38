extension Plan {
  /// The plan in Graphviz's language: a box for each step in the order they run, an arrow from the
  /// step that computes a value to each that reads it, with the value's shape. Updates are filled.
  package var graphviz: String {
    var lines = [
      "digraph {", "  label=\(quoted(label)); rankdir=TB;",
      "  node [shape=box, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\"];",
    ]
    var writer: [Int: String] = [:]
    for (number, value) in values.enumerated() {
      guard case .input = value.source else { continue }
      writer[number] = "v\(number)"
      lines.append(
        "  v\(number) [shape=ellipse, label=\(quoted("\(value.label) \(value.shape)"))];")
    }
    for (index, step) in steps.enumerated() {
      let style = step.isUpdate ? ", style=filled" : ""
      lines.append("  s\(index) [label=\(quoted("\(index) \(label(of: step))"))\(style)];")
      for input in Set(step.inputs.map(root)).sorted() {
        guard let source = writer[input] else { continue }
        lines.append(
          "  \(source) -> s\(index) [label=\(quoted(values[input].shape.description))];")
      }
      for case .compute(_, _, let result) in [step] { writer[result] = "s\(index)" }
    }
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  private func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(escaped)\""
  }
}
