import Synchronization

/// A graph recorded for a device, run as often as wanted without recording again.
///
/// Unchecked: `batches` is set once; the driver may be given the same commands by several
/// threads, because they are recorded for simultaneous use and each submission holds the queue's
/// lock. Runs that overlap are ordered by the queue, one after the other.
public final class CompiledGraph: @unchecked Sendable {
  /// The device it runs on.
  public let device: Device
  /// What compiling decided.
  package let plan: GraphPlan
  let resources: GraphResources
  /// The commands of each slot.
  private let batches: [CommandBatch]
  /// The same with steps permuted between barriers, where tests ask for it.
  private let permutedBatches: [CommandBatch]
  private let patience: Double
  private let state = Mutex(State())

  private struct State {
    /// The timeline's value when the last run has finished.
    var lastValue: UInt64 = 0
    /// The device stopped answering: what it may still use is never freed.
    var isStuck = false
  }

  init(
    device: Device, plan: GraphPlan, resources: GraphResources, patience: Double
  ) throws {
    self.device = device
    self.plan = plan
    self.resources = resources
    self.patience = patience
    let record = { (plan: GraphPlan) in
      try (0..<plan.slotCount).map {
        CommandBatch(
          try resources.record(plan, slot: $0), timeline: device.logical.timeline)
      }
    }
    batches = try record(plan)
    var permuted: [CommandBatch] = []
    if let seed = device.logical.verification.shuffleSeed, resources.timestamps == nil {
      var plan = plan
      plan.shuffleBetweenBarriers(seed: seed)
      permuted = try record(plan)
    }
    permutedBatches = permuted
    try verify()
  }

  /// Waits for the last run, and frees nothing that the device may still use.
  deinit {
    let (last, isStuck) = state.withLock { ($0.lastValue, $0.isStuck) }
    let patience = isStuck ? 0 : patience
    do {
      do {
        try device.logical.wait(until: last, patience: patience, doing: name)
      } catch let error as VulkanError where error.code == .notEnoughMemory {
        // Asking failed, not the device.
        try device.logical.wait(until: last, patience: patience, doing: name)
      }
    } catch let error as VulkanError where error.code == .deviceLost {
      // A lost device uses nothing any more.
    } catch {
      _ = Unmanaged.passRetained(resources)
    }
  }

  /// Runs the graph and waits until it has finished.
  ///
  /// - Throws: ``VulkanError`` of code `deviceLost` or `timedOut`, naming graph and driver.
  public func run() throws { try submit().wait() }

  /// Runs that may be on their way at a time with ring buffers of their own: the length of the
  /// graph's rings, or 1.
  public var slotCount: Int { plan.slotCount }

  /// Starts the graph after everything submitted before; returns at once. Allocates and records
  /// nothing.
  ///
  /// - Parameter slot: Which buffer of each ring the run uses. Until the run has been waited for,
  ///   the host leaves these alone.
  public func submit(slot: Int = 0) throws -> Submission {
    precondition(
      batches.indices.contains(slot), "\(name): slot \(slot) of \(batches.count)")
    let isCompared = !permutedBatches.isEmpty
    let value = isCompared ? try compareOrders(slot: slot) : try submit(batches[slot])
    return Submission(graph: self, value: value)
  }

  private func submit(_ batch: CommandBatch) throws -> UInt64 {
    let value = try device.logical.submit(batch, doing: name)
    state.withLock { $0.lastValue = max($0.lastValue, value) }
    return value
  }

  /// Name for errors.
  var name: String { plan.label.isEmpty ? "a graph" : plan.label }

  func wait(until value: UInt64) throws {
    do {
      try device.logical.wait(until: value, patience: patience, doing: name)
    } catch {
      state.withLock { $0.isStuck = true }
      throw error
    }
  }

}

extension CompiledGraph {
  /// Faults of placement and barriers, found independently of the code that planned them: in the
  /// plan, and, where the device traces, in the recorded commands of three runs one after the
  /// other. Empty unless this library has a defect.
  package func verifyBarriers() -> [String] {
    var checker = HazardChecker()
    let runs = [0, 1 % slotCount, 0].flatMap { slot in
      batches[slot].traces.flatMap { checker.consume($0.events) } + checker.finish()
    }
    return plan.faults() + runs
  }

  /// The commands of a slot as they were recorded; empty unless the device traces.
  package func trace(slot: Int) -> [CommandTrace.Event] { batches[slot].traces.flatMap(\.events) }

  private func verify() throws {
    guard device.logical.verifies, let fault = verifyBarriers().first else { return }
    throw VulkanError(.defect, "\(name): \(fault)", remedy: "report it")
  }

  /// Runs with permuted steps, and again from the same state as recorded; throws where the two give
  /// different bits.
  private func compareOrders(slot: Int) throws -> UInt64 {
    let buffers = resources.externalMemory(slot: slot)
    try wait(until: state.withLock { $0.lastValue })
    let before = try buffers.map(contents)
    var results: [[[UInt8]]] = []
    for (batch, garbage) in [(permutedBatches[slot], UInt8(0xFF)), (batches[slot], 0x7E)] {
      for (buffer, bytes) in zip(buffers, before) { try device.upload(bytes, to: buffer) }
      for block in resources.arena {
        try device.upload([UInt8](repeating: garbage, count: block.byteCount), to: block)
      }
      try wait(until: submit(batch))
      results.append(try buffers.map(contents))
    }
    for (index, buffer) in buffers.enumerated() where results[0][index] != results[1][index] {
      let offset = zip(results[0][index], results[1][index]).enumerated().first { $1.0 != $1.1 }
      throw VulkanError(
        .defect,
        "\(name): the order of steps between barriers changes byte \(offset?.offset ?? 0) of "
          + buffer.label, remedy: "report it")
    }
    return state.withLock { $0.lastValue }
  }

  private func contents(of buffer: Buffer) throws -> [UInt8] {
    try device.download(buffer, count: buffer.byteCount, as: UInt8.self)
  }
}

/// One run of a graph on its way.
public struct Submission: Sendable {
  /// The graph that runs.
  public let graph: CompiledGraph
  let value: UInt64

  /// Waits until the run has finished and its results can be read.
  public func wait() throws { try graph.wait(until: value) }

  /// Whether the run has finished.
  public var isFinished: Bool {
    get throws { try graph.device.logical.finished() >= value }
  }
}
