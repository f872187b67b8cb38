extension Plan {
  /// The pass *order*: steps move to where they shorten lifetimes, if the arena becomes smaller.
  ///
  /// The plan comes depth first, operands in the order they were written. Two other orders are
  /// tried, see ``StepOrder``; each is a guess, so all arenas are planned and the smallest counts,
  /// the first of equals.
  mutating func order() {
    // Planning an arena takes quadratic time; thousands of equal iterations gain nothing by it.
    guard steps.count <= 1500 else { return }
    let orders = StepOrder(self)
    var (best, least) = (self, arenaByteCount)
    for order in [orders.neediestFirst, orders.cheapestFirst] {
      var candidate = self
      candidate.steps = order.map { steps[$0] }
      let byteCount = candidate.arenaByteCount
      if byteCount < least { (best, least) = (candidate, byteCount) }
    }
    self = best
  }
}

/// Orders in which a plan's steps can run, to keep few bytes alive.
package struct StepOrder {
  private let plan: Plan
  /// Steps that have to come first, by step.
  private var predecessors: [[Int]] = []
  /// Steps that have to come later, by step.
  private var followers: [[Int]]
  /// Values of the arena that a step touches.
  private var values: [[Int]] = []

  package init(_ plan: Plan) {
    self.plan = plan
    followers = Array(repeating: [], count: plan.steps.count)
    findPredecessors()
    for step in plan.steps {
      values.append(
        Set((step.inputs + step.results).map(plan.root)).filter {
          if case .computed = plan.values[$0].source { true } else { false }
        }.sorted())
    }
  }

  /// Readers come after writers, and writers of variables after the readers before them.
  private mutating func findPredecessors() {
    var writer: [Int: Int] = [:]
    var readers: [Int: [Int]] = [:]
    for (index, step) in plan.steps.enumerated() {
      var earlier: Set<Int> = []
      for input in step.inputs.map(plan.root) {
        if let writer = writer[input] { earlier.insert(writer) }
        readers[input, default: []].append(index)
      }
      for result in step.results.map(plan.root) {
        if let writer = writer[result] { earlier.insert(writer) }
        earlier.formUnion((readers[result] ?? []).filter { $0 != index })
        writer[result] = index
      }
      predecessors.append(earlier.sorted())
      for step in predecessors[index] { followers[step].append(index) }
    }
  }

  private func resultByteCount(_ step: Int) -> Int {
    guard case .compute(_, _, let result) = plan.steps[step] else { return 0 }
    return plan.values[result].byteCount
  }

  /// Depth first, of a step's operands first the one whose computation needs the most bytes beyond
  /// those of its result (Sethi, Ullman 1970, who counted registers of trees).
  package var neediestFirst: [Int] {
    // Bytes alive while a step and what it needs run, as if nothing was shared.
    var needs = [Int](repeating: 0, count: predecessors.count)
    var operands: [[Int]] = []
    for step in predecessors.indices {
      let excess = { (step: Int) in needs[step] - resultByteCount(step) }
      let sorted = predecessors[step].sorted { (-excess($0), $0) < (-excess($1), $1) }
      var held = 0
      for operand in sorted {
        needs[step] = max(needs[step], held + needs[operand])
        held += resultByteCount(operand)
      }
      needs[step] = max(needs[step], held + resultByteCount(step))
      operands.append(sorted)
    }
    var order: [Int] = []
    var visited = Set<Int>()
    for root in predecessors.indices where followers[root].isEmpty {
      var stack = [(step: root, next: 0)]
      visited.insert(root)
      while let (step, next) = stack.last {
        guard next < operands[step].count else {
          order.append(step)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let operand = operands[step][next]
        if visited.insert(operand).inserted { stack.append((operand, 0)) }
      }
    }
    return order
  }

  /// Of the steps whose operands are there, next the one after which the fewest bytes are alive.
  package var cheapestFirst: [Int] {
    var touches: [Int: Int] = [:]
    for value in values.joined() { touches[value, default: 0] += 1 }
    for output in plan.outputs { touches[plan.root(of: output), default: 0] += 1 }
    var alive: Set<Int> = []
    let growth = { (step: Int, touches: [Int: Int], alive: Set<Int>) in
      values[step].reduce(0) { sum, value in
        let bytes = plan.values[value].byteCount
        return sum + (alive.contains(value) ? 0 : bytes) - (touches[value] == 1 ? bytes : 0)
      }
    }
    var missing = predecessors.map(\.count)
    var ready = missing.indices.filter { missing[$0] == 0 }
    var order: [Int] = []
    while !ready.isEmpty {
      let growths = ready.map { growth($0, touches, alive) }
      var best = 0
      for index in ready.indices where growths[index] < growths[best] { best = index }
      let step = ready.remove(at: best)
      order.append(step)
      for value in values[step] {
        touches[value, default: 0] -= 1
        if touches[value] == 0 { alive.remove(value) } else { alive.insert(value) }
      }
      for follower in followers[step] {
        missing[follower] -= 1
        if missing[follower] == 0 {
          ready.insert(follower, at: ready.firstIndex { $0 > follower } ?? ready.count)
        }
      }
    }
    return order
  }
}
