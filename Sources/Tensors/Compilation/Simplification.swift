extension Plan {
  /// The pass *simplify*: numbers what the roots need and nothing else, equal expressions and equal
  /// constants once, expressions of constants as constants.
  mutating func simplify(_ roots: [Tensor], foldsConstants: Bool) {
    var known = KnownExpressions()
    for tensor in dependencyOrder(of: roots) {
      add(tensor, known: &known, foldsConstants: foldsConstants)
    }
  }

  /// Numbers a tensor whose inputs are numbered, reusing the value of an equal expression.
  private mutating func add(
    _ tensor: Tensor, known: inout KnownExpressions, foldsConstants: Bool
  ) {
    let node = tensor.node
    let inputs = node.inputs.compactMap { numbers[$0] }
    if let equal = known.equal(to: node, inputs: inputs) {
      numbers[tensor] = equal
      return
    }
    let number = values.count
    numbers[tensor] = number
    var value = Value(
      source: .computed, shape: node.shape, elementType: node.elementType, label: "")
    switch node.content {
    case .input(let name): (value.source, value.label) = (.input, name)
    case .constant(let constant): (value.source, value.label) = (.constant(constant), "constant")
    case .variable(let variable): (value.source, value.label) = (.variable(variable), variable.name)
    case .operation(let operation):
      value.label = type(of: operation).name
      if operation.isView {
        value.source = .view(of: inputs[0])
      } else if foldsConstants, let constant = folded(operation, inputs, shape: node.shape) {
        value.source = .constant(constant)
      } else {
        steps.append(.compute(operation, inputs: inputs, result: number))
      }
    }
    values.append(value)
    known.remember(node, inputs: inputs, as: number)
  }

  /// Renumbers the values that are read or written, and drops the others.
  mutating func removeUnusedValues() {
    var used = Set(outputs)
    for step in steps { used.formUnion(step.inputs + step.results) }
    for number in values.indices.reversed() where used.contains(number) {
      if case .view(let base) = values[number].source { used.insert(base) }
    }
    var renumbered = [Int](repeating: -1, count: values.count)
    for (new, old) in used.sorted().enumerated() { renumbered[old] = new }
    values = used.sorted().map { old in
      var value = values[old]
      if case .view(let base) = value.source { value.source = .view(of: renumbered[base]) }
      return value
    }
    steps = steps.map { $0.renumbered { renumbered[$0] } }
    outputs = outputs.map { renumbered[$0] }
    numbers = numbers.mapValues { renumbered[$0] }.filter { $0.value >= 0 }
  }
}

/// Expressions that were numbered before: common subexpressions and equal constants.
private struct KnownExpressions {
  private struct Key: Hashable {
    let operation: AnyHashable
    let inputs: [Int]
  }
  private struct ConstantKey: Hashable {
    let bits: [UInt32]
    let shape: Shape
  }
  private var operations: [Key: Int] = [:]
  private var constants: [ConstantKey: Int] = [:]

  func equal(to node: Tensor.Node, inputs: [Int]) -> Int? {
    switch node.content {
    case .operation(let operation):
      operations[Key(operation: AnyHashable(operation), inputs: inputs)]
    case .constant(let constant): constants[key(constant, node.shape)]
    case .input, .variable: nil
    }
  }

  mutating func remember(_ node: Tensor.Node, inputs: [Int], as number: Int) {
    switch node.content {
    case .operation(let operation):
      operations[Key(operation: AnyHashable(operation), inputs: inputs)] = number
    case .constant(let constant): constants[key(constant, node.shape)] = number
    case .input, .variable: break
    }
  }

  private func key(_ constant: Tensor.Constant, _ shape: Shape) -> ConstantKey {
    ConstantKey(bits: constant.values.map(\.bitPattern), shape: shape)
  }
}
