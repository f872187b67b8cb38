/// Everything that compiling decides before a device is touched: where bytes lie, what is ordered
/// by barriers, where submissions are cut.
package struct GraphPlan: Sendable {
  /// One step with its operands placed.
  package struct Step: Sendable {
    package var command: DispatchGraph.Command
    package var label: String
    package var arithmetic: Double
    /// Multiplications that a matrix product or convolution executes, 0 for other steps.
    package var executedMultiplications = 0.0
    /// Where each operand lies, in the order of ``DispatchGraph/Command/uses``.
    package var accesses: [Access]
    /// Whether a barrier stands before the step.
    package var needsBarrier = false
    /// Index of the submission it belongs to.
    package var submission = 0
  }

  /// Runs that may be on their way at a time with ring buffers of their own.
  package var slotCount: Int { externals.map(\.count).max() ?? 1 }

  package let label: String
  package var steps: [Step]
  /// Distinct buffers from outside, several for a ring; memory `0..<externals.count`.
  package let externals: [[Buffer]]
  /// Sizes of the arena's blocks; the memory after the externals.
  package let arenaBlocks: [Int]
  package let arenaByteCount: Int
  package let unaliasedByteCount: Int
  /// Names of the resources.
  package let resourceLabels: [String]

  /// Plans a graph for a device's limits.
  ///
  /// - Throws: ``VulkanError`` of code `limitExceeded`, naming the step.
  package init(
    _ graph: DispatchGraph, limits: DeviceLimits, options: CompileOptions = .init(),
    workPerSubmission: Double = 2e11
  ) throws {
    try graph.validate(for: limits)
    let placement = try Placement(graph, limits: limits)
    label = graph.label
    externals = placement.externals
    arenaBlocks = placement.arenaBlocks
    arenaByteCount = placement.arena.byteCount
    unaliasedByteCount = placement.arena.unaliasedByteCount
    resourceLabels = graph.resources.map(\.label)
    steps = graph.steps.map { step in
      Step(
        command: step.command, label: step.label, arithmetic: step.arithmetic,
        executedMultiplications: step.executedMultiplications,
        accesses: step.command.uses.map {
          Access(
            place: placement.place($0.range), resource: $0.range.resource, reads: $0.reads,
            writes: $0.writes)
        })
    }
    synchronize(everyStep: options.timestamps)
    if let seed = options.shuffleSeed { shuffleBetweenBarriers(seed: seed) }
    cut(workPerSubmission: options.workPerSubmission ?? workPerSubmission)
  }

  /// Starts a new submission before the step that would take the current one over the bound. Work
  /// is arithmetic plus ten operations for every byte, a GPU's usual ratio of the two.
  private mutating func cut(workPerSubmission: Double) {
    var work = 0.0
    var submission = 0
    for index in steps.indices {
      let bytes = steps[index].accesses.reduce(0) { $0 + $1.place.bytes.count }
      let own = steps[index].arithmetic + 10 * Double(bytes)
      if work > 0, work + own > workPerSubmission {
        submission += 1
        work = 0
      }
      work += own
      steps[index].submission = submission
    }
  }
}
