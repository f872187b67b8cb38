extension Plan {
  /// Part of the pass *order*: puts each update right after the last step that computes one of its
  /// inputs or reads one of its targets.
  mutating func insert(_ updates: [Update]) {
    var lastUse = [Int](repeating: -1, count: values.count)
    for (index, step) in steps.enumerated() {
      for number in step.inputs { lastUse[root(of: number)] = index }
      for result in step.results { lastUse[result] = max(lastUse[result], index) }
    }
    for output in outputs { lastUse[root(of: output)] = steps.count - 1 }

    var after: [Int: [Step]] = [:]
    for update in updates.reversed() {
      let targets = update.targets.map { number(of: Tensor($0)) }
      let inputs = update.inputs.compactMap { numbers[$0] }
      // A later update must not see this one's new values: it would read a variable as input.
      let known = (targets + inputs).filter { $0 < lastUse.count }
      let position = known.map { lastUse[root(of: $0)] }.max() ?? -1
      after[position, default: []].append(
        .update(update.operation, targets: targets, inputs: inputs))
    }
    var ordered = after[-1] ?? []
    for (index, step) in steps.enumerated() {
      ordered.append(step)
      ordered += after[index] ?? []
    }
    steps = ordered
  }

  /// The value of a variable, which may not have been read by any expression yet.
  private mutating func number(of tensor: Tensor) -> Int {
    if let number = numbers[tensor] { return number }
    guard case .variable(let variable) = tensor.node.content else {
      preconditionFailure("program \(label): a tensor without a number")
    }
    values.append(
      Value(
        source: .variable(variable), shape: variable.shape, elementType: .float32,
        label: variable.name))
    numbers[tensor] = values.count - 1
    return values.count - 1
  }
}
