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
  /// Each step's pipeline, nil for copies and fills, in the order in which steps were declared.
  let pipelines: [Pipeline?]
  let pool: CommandPool
  /// The points at which the device notes the time.
  let timestamps: Timestamps?
  private let marks: TimeMarks
  /// When each piece of a run began and ended, for each slot; empty where the device cannot tell or
  /// its steps are measured.
  let pieceTimes: [Timestamps]
  private let sets: DescriptorSets

  init(_ plan: GraphPlan, device: Device, options: CompileOptions) throws {
    let logical = device.logical
    self.device = logical
    pipelines = try device.pipelines.pipelines(for: plan)
    let blocks = try plan.arenaBlocks.enumerated().map { index, byteCount in
      try device.makeBuffer(byteCount: byteCount, label: "\(plan.label) arena \(index)")
    }
    arena = blocks
    let owned = try plan.owned.map { memory in
      try (0..<memory.count).map { _ in
        try device.makeBuffer(
          byteCount: memory.byteCount, kind: memory.kind, label: memory.label)
      }
    }
    memory = plan.externals + owned + blocks.map { [$0] }
    pool = try CommandPool(logical)
    marks = TimeMarks(plan, options)
    timestamps = marks.count > 0 ? try Timestamps(logical, count: marks.count) : nil
    pieceTimes =
      marks.count > 0 || !device.description.features.timestamps
      ? []
      : try (0..<plan.slotCount).map { _ in
        try Timestamps(logical, count: plan.pieceSeconds.count + 1)
      }
    sets = try DescriptorSets(logical, for: plan)
  }

  /// The arena's blocks.
  let arena: [Buffer]
  /// Buffers that keep their bytes between runs, as runs in a slot use them.
  func keptMemory(slot: Int) -> [Buffer] {
    Array(memory(slot: slot).prefix(memory.count - arena.count))
  }

  /// The memory of runs in a slot.
  private func memory(slot: Int) -> [Buffer] { memory.map { $0[$0.count > 1 ? slot : 0] } }

  /// One command buffer per piece, for runs in a slot.
  func record(_ plan: GraphPlan, slot: Int) throws -> [RecordedCommands] {
    let memory = memory(slot: slot)
    let count = (plan.steps.last?.piece ?? 0) + 1
    let times = pieceTimes.isEmpty ? nil : pieceTimes[slot]
    var next = 0
    return try (0..<count).map { piece in
      try pool.record(reusable: true) { encoder in
        // What other graphs, uploads and the previous replay left behind.
        if piece == 0 { encoder.barrier() }
        if piece == 0, let timestamps { encoder.reset(timestamps) }
        if piece == 0, let times {
          encoder.reset(times)
          encoder.write(times, end: 0)
        }
        while next < plan.steps.count, plan.steps[next].piece == piece {
          try record(plan.steps[next], next, memory, encoder)
          next += 1
        }
        if piece == count - 1 { encoder.hostBarrier() }
        if let times { encoder.write(times, end: piece + 1) }
      }
    }
  }

  private func record(
    _ step: GraphPlan.Step, _ index: Int, _ memory: [Buffer], _ encoder: CommandEncoder
  ) throws {
    if step.needsBarrier { encoder.barrier() }
    if let timestamps, let mark = marks.before[index] { encoder.write(timestamps, start: mark) }
    let places = step.accesses.map(\.place)
    switch step.command {
    case .dispatch(let kernel, _, _, let constants, let workgroups):
      guard let pipeline = pipelines[step.declaredIndex] else { return }
      encoder.dispatch(
        pipeline, try sets.bind(pipeline, kernel, places, in: memory), constants: constants,
        workgroups: workgroups, part: step.part, label: step.label)
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
    if let timestamps, let mark = marks.after[index] { encoder.write(timestamps, end: mark) }
  }
}
