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
    /// Its position in the order of declaration.
    var declaredIndex: Int
    /// The workgroups that this command runs, of a step that is cut into several; nil for all.
    package var part: GridPart?
    /// Whether a barrier stands before the step.
    package var needsBarrier = false
    /// Estimated seconds.
    package var seconds = 0.0
    /// Index of the piece, a command buffer, that it belongs to.
    package var piece = 0
  }

  /// Runs that may be on their way at a time with ring buffers of their own.
  package var slotCount: Int { (externals.map(\.count) + owned.map(\.count)).max() ?? 1 }
  /// Which memory each resource lies in.
  let memories: [Int?]

  package let label: String
  package var steps: [Step]
  /// What the device was taken to be when the plan was made.
  package let rate: WorkRate
  /// How long a submission may last.
  package let secondsPerSubmission: Double
  /// Distinct buffers from outside, several for a ring; memory `0..<externals.count`.
  package let externals: [[Buffer]]
  /// Buffers that the compiled graph makes and keeps; the memory after the externals.
  package let owned: [OwnedMemory]
  /// Sizes of the arena's blocks; the memory after those.
  package let arenaBlocks: [Int]
  package let arenaByteCount: Int
  package let unaliasedByteCount: Int
  /// Names of the resources.
  package let resourceLabels: [String]

  /// Plans a graph for a device's limits.
  ///
  /// - Parameters:
  ///   - rate: How fast the device is taken to be when work is cut into submissions.
  ///   - splitting: How fast it is taken to be when a dispatch is run in parts, and the seconds that
  ///     a part may last; the same unless said otherwise.
  /// - Throws: ``VulkanError`` of code `limitExceeded`, naming the step.
  package init(
    _ graph: DispatchGraph, limits: DeviceLimits, options: CompileOptions = .init(),
    rate: WorkRate = WorkRate(arithmetic: 1e12, bytes: 1e11),
    splitting: (rate: WorkRate, seconds: Double)? = nil
  ) throws {
    try graph.validate(for: limits)
    let placement = try Placement(graph, limits: limits)
    label = graph.label
    self.rate = rate
    secondsPerSubmission = options.secondsPerSubmission ?? 0.05
    externals = placement.externals
    owned = placement.owned
    memories = placement.memories
    arenaBlocks = placement.arenaBlocks
    arenaByteCount = placement.arena.byteCount
    unaliasedByteCount = placement.arena.unaliasedByteCount
    resourceLabels = graph.resources.map(\.label)
    steps = graph.steps.enumerated().map { index, step in
      Step(
        command: step.command, label: step.label, arithmetic: step.arithmetic,
        executedMultiplications: step.executedMultiplications,
        accesses: step.command.uses.map {
          Access(
            place: placement.place($0.range), resource: $0.range.resource, reads: $0.reads,
            writes: $0.writes)
        }, declaredIndex: index)
    }
    for step in steps {
      if let overlap = step.overlap { preconditionFailure(overlap) }
    }
    synchronize(everyStep: options.timestamps)
    for index in steps.indices {
      steps[index].seconds = rate.seconds(
        arithmetic: steps[index].arithmetic, byteCount: steps[index].byteCount)
    }
    splitLongSteps(
      lasting: splitting?.seconds ?? secondsPerSubmission, at: splitting?.rate ?? rate)
    if let seed = options.shuffleSeed { shuffleBetweenBarriers(seed: seed) }
    cutIntoPieces(lasting: secondsPerSubmission)
  }
}

extension GraphPlan {
  /// Bytes of the buffers that the compiled graph makes and keeps.
  package var ownedByteCount: Int { owned.reduce(0) { $0 + $1.byteCount * $1.count } }
}

extension GraphPlan.Step {
  /// Bytes that the operands hold: what the step loads and stores at least once, unless it leaves
  /// some of them alone.
  var byteCount: Int { accesses.reduce(0) { $0 + $1.place.bytes.count } }
}

/// Memory that a compiled graph makes for its own and keeps between runs.
package struct OwnedMemory: Sendable, Hashable {
  var byteCount: Int
  var kind: Buffer.Kind
  /// 1, or the length of a ring.
  var count: Int
  var label: String
}
