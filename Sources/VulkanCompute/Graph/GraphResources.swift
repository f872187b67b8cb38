import CVulkan

/// What a compiled graph owns on the device.
///
/// Unchecked: handles are set during initialization; recording happens once, before the object is
/// shared.
final class GraphResources: @unchecked Sendable {
  let device: LogicalDevice
  /// Buffers from outside, several for a ring, then the arena's blocks: the memory that placed
  /// ranges count.
  let memory: [[Buffer]]
  /// Each step's pipeline, nil for copies and fills.
  let pipelines: [Pipeline?]
  let pool: CommandPool
  /// One timestamp before the steps and one after each.
  let timestamps: Timestamps?
  private let sets: DescriptorSets

  init(_ plan: GraphPlan, device: Device, timestamps: Bool) throws {
    let logical = device.logical
    self.device = logical
    pipelines = try device.pipelines.pipelines(for: plan)
    let blocks = try plan.arenaBlocks.enumerated().map { index, byteCount in
      try device.makeBuffer(byteCount: byteCount, label: "\(plan.label) arena \(index)")
    }
    arena = blocks
    memory = plan.externals + blocks.map { [$0] }
    pool = try CommandPool(logical)
    self.timestamps = timestamps ? try Timestamps(logical, count: plan.steps.count + 1) : nil
    sets = try DescriptorSets(logical, for: plan)
  }

  /// The arena's blocks.
  let arena: [Buffer]
  /// Buffers from outside that runs in a slot use.
  func externalMemory(slot: Int) -> [Buffer] {
    Array(memory(slot: slot).prefix(memory.count - arena.count))
  }

  /// The memory of runs in a slot.
  private func memory(slot: Int) -> [Buffer] { memory.map { $0[$0.count > 1 ? slot : 0] } }

  /// One command buffer per submission, for runs in a slot.
  func record(_ plan: GraphPlan, slot: Int) throws -> [RecordedCommands] {
    let memory = memory(slot: slot)
    let count = (plan.steps.last?.submission ?? 0) + 1
    var next = 0
    return try (0..<count).map { submission in
      try pool.record(reusable: true) { encoder in
        // What other graphs, uploads and the previous replay left behind.
        if submission == 0 { encoder.barrier() }
        if submission == 0, let timestamps { encoder.begin(timestamps) }
        while next < plan.steps.count, plan.steps[next].submission == submission {
          try record(plan.steps[next], next, memory, encoder)
          next += 1
        }
        if submission == count - 1 { encoder.hostBarrier() }
      }
    }
  }

  private func record(
    _ step: GraphPlan.Step, _ index: Int, _ memory: [Buffer], _ encoder: CommandEncoder
  ) throws {
    if step.needsBarrier { encoder.barrier() }
    let places = step.accesses.map(\.place)
    switch step.command {
    case .dispatch(let kernel, _, _, let constants, let workgroups):
      guard let pipeline = pipelines[index] else { return }
      encoder.dispatch(
        pipeline, try sets.bind(pipeline, kernel, places, in: memory), constants: constants,
        workgroups: workgroups, label: step.label)
    case .copy:
      encoder.copy(
        from: memory[places[0].memory], at: places[0].bytes.lowerBound,
        to: memory[places[1].memory], at: places[1].bytes.lowerBound,
        byteCount: places[0].bytes.count, label: step.label)
    case .fill(_, let word):
      encoder.fill(
        memory[places[0].memory], at: places[0].bytes.lowerBound,
        byteCount: places[0].bytes.count, word: word, label: step.label)
    }
    if let timestamps { encoder.write(timestamps, index + 1) }
  }
}
