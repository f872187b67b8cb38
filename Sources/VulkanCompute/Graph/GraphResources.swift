import CVulkan

/// What a compiled graph owns on the device.
///
/// Unchecked: handles are set during initialization; recording happens once, before the object is
/// shared.
final class GraphResources: @unchecked Sendable {
  let device: LogicalDevice
  /// Buffers from outside, then the arena's blocks: the memory that placed ranges count.
  let memory: [Buffer]
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
    memory = plan.externals + blocks
    pool = try CommandPool(logical)
    self.timestamps = timestamps ? try Timestamps(logical, count: plan.steps.count + 1) : nil
    sets = try DescriptorSets(logical, for: plan)
  }

  /// One command buffer per submission.
  func record(_ plan: GraphPlan) throws -> [VkCommandBuffer] {
    let count = (plan.steps.last?.submission ?? 0) + 1
    var next = 0
    return try (0..<count).map { submission in
      try pool.record(reusable: true) { encoder in
        // What other graphs, uploads and the previous replay left behind.
        if submission == 0 { encoder.barrier() }
        if submission == 0, let timestamps { encoder.begin(timestamps) }
        while next < plan.steps.count, plan.steps[next].submission == submission {
          try record(plan.steps[next], next, encoder)
          next += 1
        }
        if submission == count - 1 { encoder.hostBarrier() }
      }
    }
  }

  private func record(
    _ step: GraphPlan.Step, _ index: Int, _ encoder: CommandEncoder
  ) throws {
    if step.needsBarrier { encoder.barrier() }
    let places = step.accesses.map(\.place)
    switch step.command {
    case .dispatch(let kernel, _, _, let constants, let workgroups):
      guard let pipeline = pipelines[index] else { return }
      let set = try sets.make(pipeline, kernel, places, in: memory)
      encoder.dispatch(pipeline, set, constants: constants, workgroups: workgroups)
    case .copy:
      encoder.copy(
        from: memory[places[0].memory].handle, at: places[0].bytes.lowerBound,
        to: memory[places[1].memory].handle, at: places[1].bytes.lowerBound,
        byteCount: places[0].bytes.count)
    case .fill(_, let word):
      encoder.fill(
        memory[places[0].memory].handle, at: places[0].bytes.lowerBound,
        byteCount: places[0].bytes.count, word: word)
    }
    if let timestamps { encoder.write(timestamps, index + 1) }
  }
}
