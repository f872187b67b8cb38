import VulkanCompute

/// From which step to which step each intermediate value of a plan must keep its bytes.
struct PlanLifetimes {
  /// Values that live in the arena.
  private(set) var numbers: [Int] = []
  /// Their lifetimes, in the order of `numbers`.
  private(set) var arena: [ArenaPlan.Lifetime] = []

  init(_ plan: Plan) {
    var first = [Int?](repeating: nil, count: plan.values.count)
    var last = [Int](repeating: 0, count: plan.values.count)
    func use(_ number: Int, at step: Int) {
      let root = plan.root(of: number)
      if first[root] == nil { first[root] = step }
      last[root] = max(last[root], step)
    }
    for (index, step) in plan.steps.enumerated() {
      for number in step.inputs + step.results { use(number, at: index) }
    }
    for output in plan.outputs { use(output, at: plan.steps.count) }
    for (number, value) in plan.values.enumerated() {
      guard case .computed = value.source, let first = first[number] else { continue }
      numbers.append(number)
      arena.append(
        ArenaPlan.Lifetime(
          byteCount: value.byteCount, first: first, last: last[number]))
    }
  }
}

extension Plan {
  /// Bytes of intermediate values with shared memory, as the CPU backend places them.
  package var arenaByteCount: Int {
    ArenaPlan(lifetimes: PlanLifetimes(self).arena, alignment: 64).byteCount
  }
}
