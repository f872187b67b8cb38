extension Plan {
  /// What a step costs, by the shapes of its operands.
  func cost(of step: Step) -> ProgramReport.Cost {
    switch step {
    case .compute(let operation, let inputs, let result):
      let (shapes, shape) = (inputs.map { values[$0].shape }, values[result].shape)
      // An operand that is read twice comes from the cache the second time.
      var known: Set<Int> = []
      let distinct = inputs.filter { known.insert(root(of: $0)).inserted }.map { values[$0].shape }
      // Operations count 4 bytes for an element; each operand is read once.
      let spared = known.union([root(of: result)]).reduce(0) {
        $0 + values[$1].shape.count * (4 - values[$1].elementType.byteCount)
      }
      return ProgramReport.Cost(
        count: 1, arithmetic: operation.arithmetic(inputs: shapes, result: shape),
        bytesMoved: operation.bytesMoved(inputs: distinct, result: shape) - spared,
        minimumByteCount: operation.minimumByteCount(inputs: distinct, result: shape) - spared)
    case .update(let operation, let targets, let inputs):
      let bytes = operation.bytesMoved(
        targets: targets.map { values[$0].shape }, inputs: inputs.map { values[$0].shape })
      return ProgramReport.Cost(
        count: 1, arithmetic: operation.arithmetic(targets: targets.map { values[$0].shape }),
        bytesMoved: bytes, minimumByteCount: bytes)
    }
  }

  /// Steps, arithmetic and bytes of a report; dispatches and the like are the backend's to add.
  package var costs: ProgramReport {
    var report = ProgramReport()
    report.steps = steps.count
    report.halfStorage = halfStorage
    let spared = avoidableByteCounts
    for (index, step) in steps.enumerated() {
      var cost = cost(of: step)
      cost.minimumByteCount -= spared[index] ?? 0
      report.add(cost, of: step.name, isBandwidthBound: step.isBandwidthBound)
    }
    return report
  }

  /// Bytes that a step would not write, or read, had fusion no limits: those of a value that a
  /// pointwise step computes for one reader, which could compute it itself, and those of a product
  /// that one pointwise step reads.
  private var avoidableByteCounts: [Int: Int] {
    var readers: [Int: [Int]] = [:]
    for (index, step) in steps.enumerated() {
      for input in Set(step.inputs.map(root)) { readers[input, default: []].append(index) }
    }
    let kept = Set(outputs.map(root))
    var spared: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      guard case .compute(let operation, _, let result) = step,
        operation.isPointwise || operation is any ProductOperation,
        let users = readers[result], users.count == 1, !kept.contains(result),
        case .compute(let user, let inputs, let target) = steps[users[0]],
        user.isPointwise && values[result].shape.count == values[target].shape.count
          || user.takesChains && operation.isPointwise,
        inputs.filter({ root(of: $0) == result }).count == 1
      else { continue }
      spared[index, default: 0] += values[result].byteCount
      spared[users[0], default: 0] += values[result].byteCount
    }
    return spared
  }
}

extension Operation {
  /// Whether the result at a position depends on its inputs at that position only.
  fileprivate var isPointwise: Bool { self is any Elementwise || self is FusedPointwise }
  /// Whether it reduces what a chain computes.
  fileprivate var takesChains: Bool { self is any RowReducing || self is any ReducingChain }
}

extension Plan.Step {
  /// The operation's name.
  var name: String {
    switch self {
    case .compute(let operation, _, _): type(of: operation).name
    case .update(let operation, _, _): type(of: operation).name
    }
  }

  /// Whether memory rather than arithmetic decides its time.
  var isBandwidthBound: Bool {
    switch self {
    case .compute(let operation, _, _): operation.isBandwidthBound
    case .update: true
    }
  }
}
