extension Plan {
  /// The pass *order*: steps move to where they shorten lifetimes, if the arena becomes smaller.
  ///
  /// Among the steps whose operands are there, the one that frees the most bytes beyond those it
  /// needs comes next; of equals, the one that stood first. A list schedule is only a guess, so
  /// both arenas are planned and the smaller counts.
  mutating func order() {
    // Planning an arena takes quadratic time; thousands of equal iterations gain nothing by it.
    guard steps.count <= 1500 else { return }
    var candidate = self
    candidate.steps = ListSchedule(self).order.map { steps[$0] }
    if candidate.arenaByteCount < arenaByteCount { self = candidate }
  }
}

/// Steps in an order that keeps few bytes alive.
struct ListSchedule {
  /// Indices of the plan's steps.
  private(set) var order: [Int] = []

  private let plan: Plan
  /// Steps that have to come later, by step.
  private var followers: [[Int]]
  /// Steps that have to come first, still to be placed.
  private var missing: [Int]
  /// Steps that still touch a value of the arena.
  private var touches: [Int: Int] = [:]
  private var alive: Set<Int> = []

  init(_ plan: Plan) {
    self.plan = plan
    followers = Array(repeating: [], count: plan.steps.count)
    missing = Array(repeating: 0, count: plan.steps.count)
    findDependencies()
    for step in plan.steps {
      for value in arenaValues(of: step) { touches[value, default: 0] += 1 }
    }
    for output in plan.outputs { touches[plan.root(of: output), default: 0] += 1 }

    var ready = missing.indices.filter { missing[$0] == 0 }
    while !ready.isEmpty {
      let growths = ready.map(growth)
      var best = 0
      for index in ready.indices where growths[index] < growths[best] { best = index }
      let step = ready.remove(at: best)
      place(step)
      for follower in followers[step] {
        missing[follower] -= 1
        if missing[follower] == 0 {
          ready.insert(follower, at: ready.firstIndex { $0 > follower } ?? ready.count)
        }
      }
    }
  }

  /// Readers come after writers, and writers of variables after the readers before them.
  private mutating func findDependencies() {
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
      for step in earlier.sorted() { followers[step].append(index) }
      missing[index] = earlier.count
    }
  }

  private func arenaValues(of step: Plan.Step) -> [Int] {
    Set((step.inputs + step.results).map(plan.root)).filter {
      if case .computed = plan.values[$0].source { true } else { false }
    }.sorted()
  }

  /// Bytes alive after a step, less those alive before.
  private func growth(_ index: Int) -> Int {
    arenaValues(of: plan.steps[index]).reduce(0) { sum, value in
      let bytes = plan.values[value].byteCount
      let dies = touches[value] == 1
      return sum + (alive.contains(value) ? 0 : bytes) - (dies ? bytes : 0)
    }
  }

  private mutating func place(_ index: Int) {
    order.append(index)
    for value in arenaValues(of: plan.steps[index]) {
      alive.insert(value)
      touches[value, default: 0] -= 1
      if touches[value] == 0 { alive.remove(value) }
    }
  }
}
