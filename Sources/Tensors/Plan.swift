/// A program in the order it runs, still without memory: what both backends compile.
///
/// Made by the passes *validate, simplify, order*: tensors become numbered values, equal
/// expressions one value, and an update follows as soon as everything that reads its variables
/// has run, so that gradients die early.
public struct Plan: Sendable {
  /// Where a value's bytes come from.
  package enum Source: Sendable {
    case input
    case constant(Tensor.Constant)
    case variable(Variable)
    case computed
    /// The bytes of another value under this value's shape.
    case view(of: Int)
  }

  /// One numbered value.
  package struct Value: Sendable {
    package var source: Source
    package var shape: Shape
    package var elementType: ElementType
    package var label: String
  }

  /// One operation or update.
  package enum Step: Sendable {
    case compute(any Operation, inputs: [Int], result: Int)
    case update(any UpdateOperation, targets: [Int], inputs: [Int])
  }

  package var label: String
  package var values: [Value] = []
  package var steps: [Step] = []
  /// Values that can be read after a run, in the order they were asked for.
  package var outputs: [Int] = []
  package var numbers: [Tensor: Int] = [:]

  init(outputs: [Tensor], updates: [Update], backend: any Backend, label: String) {
    self.label = label
    validate(outputs: outputs, updates: updates, backend: backend)
    // Outputs and updates must see variables as they were before any update of the run.
    let changed = Set(updates.flatMap(\.targets).map { ObjectIdentifier($0) })
    let outputs = outputs.map { $0.copied(ifShowing: changed) }
    let updates = updates.map { $0.copyingInputs(thatShow: changed) }
    // Updates of the last layers first: their gradients are ready first and can die first.
    let roots = outputs + updates.reversed().flatMap(\.inputs)
    var simplifier = Simplifier()
    for tensor in dependencyOrder(of: roots) { add(tensor, with: &simplifier) }
    self.outputs = outputs.compactMap { numbers[$0] }
    insert(updates)
  }

  private func validate(outputs: [Tensor], updates: [Update], backend: any Backend) {
    precondition(!outputs.isEmpty || !updates.isEmpty, "program \(label): nothing to compute")
    var written: Set<ObjectIdentifier> = []
    for update in updates {
      for target in update.targets {
        precondition(
          written.insert(ObjectIdentifier(target)).inserted,
          "program \(label): two updates of variable \(target.name)")
        precondition(
          target.backend === backend,
          "program \(label): variable \(target.name) lives on \(target.backend.name), not "
            + backend.name)
      }
    }
  }

  /// Numbers a tensor whose inputs are numbered, reusing the value of an equal expression.
  private mutating func add(_ tensor: Tensor, with simplifier: inout Simplifier) {
    let node = tensor.node
    let inputs = node.inputs.compactMap { numbers[$0] }
    if let equal = simplifier.equal(to: node, inputs: inputs) {
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
      } else {
        steps.append(.compute(operation, inputs: inputs, result: number))
      }
    }
    values.append(value)
    simplifier.remember(node, inputs: inputs, as: number)
  }

  /// Puts each update right after the last step that computes one of its inputs or reads one of
  /// its targets.
  private mutating func insert(_ updates: [Update]) {
    var lastUse = [Int](repeating: -1, count: values.count)
    for (index, step) in steps.enumerated() {
      guard case .compute(_, let inputs, let result) = step else { continue }
      for number in inputs { lastUse[root(of: number)] = index }
      lastUse[result] = max(lastUse[result], index)
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

  /// The value whose bytes a value shows.
  package func root(of number: Int) -> Int {
    var number = number
    while case .view(let base) = values[number].source { number = base }
    return number
  }
}

extension Tensor {
  /// A copy if the tensor is, or is a view of, one of some variables; otherwise itself.
  fileprivate func copied(ifShowing variables: Set<ObjectIdentifier>) -> Tensor {
    var base = self
    while case .operation(let operation) = base.node.content, operation.isView {
      base = base.node.inputs[0]
    }
    guard case .variable(let variable) = base.node.content,
      variables.contains(ObjectIdentifier(variable))
    else { return self }
    return scaled(by: 1)
  }
}

extension Update {
  /// The update with copies of the inputs that show one of some variables.
  fileprivate func copyingInputs(thatShow variables: Set<ObjectIdentifier>) -> Update {
    Update(
      unchecked: operation, of: targets, from: inputs.map { $0.copied(ifShowing: variables) })
  }
}

/// Finds expressions that were numbered before: common subexpressions and equal constants.
private struct Simplifier {
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
