/// A program in the order it runs, still without memory: what both backends compile.
///
/// Made by the passes *validate, simplify, fuse, narrow, order*. Tensors become numbered values, equal
/// expressions one value and expressions of constants constants; chains of pointwise operations
/// become one step; an update follows as soon as everything that reads its variables has run, so
/// that gradients die early. Memory (*place*), barriers (*synchronize*) and command buffers
/// (*record*) are the backends' part.
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

    package var byteCount: Int { shape.count * elementType.byteCount }
  }

  /// One operation or update.
  package enum Step: Sendable {
    case compute(any Operation, inputs: [Int], result: Int)
    case update(any UpdateOperation, targets: [Int], inputs: [Int])
  }

  package var label: String
  /// How results are rounded.
  package let arithmetic: Arithmetic
  package var values: [Value] = []
  package var steps: [Step] = []
  /// Values that can be read after a run, in the order they were asked for.
  package var outputs: [Int] = []
  package var numbers: [Tensor: Int] = [:]

  init(
    outputs: [Tensor], updates: [Update], backend: any Backend, label: String,
    passes: CompilePasses = .all, precision: Precision = .float32, arithmetic: Arithmetic = .fast
  ) {
    self.label = label
    self.arithmetic = arithmetic
    let passes = passes.available(on: backend)
    validate(outputs: outputs, updates: updates, backend: backend)
    // Outputs and updates must see variables as they were before any update of the run.
    let changed = Set(updates.flatMap(\.targets).map { ObjectIdentifier($0) })
    let outputs = outputs.map { $0.copied(ifShowing: changed) }
    let updates = updates.map { $0.copyingInputs(thatShow: changed) }
    // Updates of the last layers first: their gradients are ready first and can die first.
    simplify(outputs + updates.reversed().flatMap(\.inputs), foldsConstants: passes.contains(.fold))
    self.outputs = outputs.compactMap { numbers[$0] }
    if passes.contains(.fuse) {
      let kept = updates.flatMap(\.inputs).compactMap { numbers[$0] }
      steps =
        Fusion(self, keeping: kept, attachingToProducts: passes.contains(.epilogues)).steps
    }
    insert(updates)
    if arithmetic == .reproducible { checkReproducibility(precision) }
    if precision == .mixed { narrow() }
    if passes.contains(.order) { order() }
    removeUnusedValues()
  }

  /// The value whose bytes a value shows.
  package func root(of number: Int) -> Int {
    var number = number
    while case .view(let base) = values[number].source { number = base }
    return number
  }

  /// Whether a value shows an input's or a variable's bytes.
  func isGiven(_ number: Int) -> Bool {
    switch values[root(of: number)].source {
    case .input, .variable: true
    case .constant, .computed, .view: false
    }
  }
}

extension Plan.Step {
  /// Values that are only read.
  package var inputs: [Int] {
    switch self {
    case .compute(_, let inputs, _), .update(_, _, let inputs): inputs
    }
  }

  /// Values that are written.
  package var results: [Int] {
    switch self {
    case .compute(_, _, let result): [result]
    case .update(_, let targets, _): targets
    }
  }

  /// Whether it changes variables.
  var isUpdate: Bool {
    if case .update = self { true } else { false }
  }

  /// The same step of renumbered values.
  func renumbered(_ number: (Int) -> Int) -> Plan.Step {
    switch self {
    case .compute(let operation, let inputs, let result):
      .compute(operation, inputs: inputs.map(number), result: number(result))
    case .update(let operation, let targets, let inputs):
      .update(operation, targets: targets.map(number), inputs: inputs.map(number))
    }
  }
}
