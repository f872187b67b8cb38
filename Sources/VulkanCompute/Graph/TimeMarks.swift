/// Which timestamps stand before and after each step of a graph.
struct TimeMarks {
  /// Timestamps in all.
  private(set) var count = 0
  /// The timestamp before each step.
  private(set) var before: [Int?]
  /// The timestamp after each step.
  private(set) var after: [Int?]

  /// With ``CompileOptions/timestamps`` one before the first step and one after each; with
  /// ``CompileOptions/groupTimestamps`` one before and one after each group of steps that no
  /// barrier divides.
  init(_ plan: GraphPlan, _ options: CompileOptions) {
    precondition(
      !(options.timestamps && options.groupTimestamps),
      "\(plan.label): timestamps of steps and of groups exclude each other")
    before = Array(repeating: nil, count: plan.steps.count)
    after = before
    guard !plan.steps.isEmpty else { return }
    if options.timestamps {
      before[0] = 0
      for index in plan.steps.indices { after[index] = index + 1 }
      count = plan.steps.count + 1
    } else if options.groupTimestamps {
      for group in plan.groups {
        before[group.lowerBound] = count
        after[group.upperBound - 1] = count + 1
        count += 2
      }
    }
  }
}

extension GraphPlan {
  /// Steps that may overlap: those between two barriers.
  package var groups: [Range<Int>] {
    let starts = steps.indices.filter { index in
      index == 0 || steps[index].needsBarrier
    }
    return zip(starts, starts.dropFirst() + [steps.count]).map { $0..<$1 }
  }
}
