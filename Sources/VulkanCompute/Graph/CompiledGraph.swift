import Synchronization

/// A graph recorded for a device, run as often as wanted without recording again.
///
/// Unchecked: what changes is inside `state`'s lock; the driver may be given the same commands by
/// several threads, because they are recorded for simultaneous use and each submission holds the
/// queue's lock. Runs that overlap are ordered by the queue, one after the other.
public final class CompiledGraph: @unchecked Sendable {
  /// The device it runs on.
  public let device: Device
  /// What compiling decided.
  package let plan: GraphPlan
  let resources: GraphResources
  /// The same with steps permuted between barriers, where tests ask for it.
  let permutedBatches: [CommandBatch]
  private let patience: Double
  private let state: Mutex<State>

  private struct State {
    /// The commands of each slot.
    var batches: [CommandBatch]
    /// Seconds of each piece, the least that was measured.
    var pieceSeconds: [Double]
    var isMeasured = false
    /// Runs still to measure.
    var measurementsLeft: Int
    /// The run that was measured last: several may wait for the same one.
    var measuredValue: UInt64 = 0
    /// Finds the last run of each slot.
    var lastValues: [UInt64]
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
    let submissions = GraphPlan.submissions(
      of: plan.pieceSeconds, lasting: plan.secondsPerSubmission)
    let record = { (plan: GraphPlan) in
      try (0..<plan.slotCount).map {
        CommandBatch(
          try resources.record(plan, slot: $0), submissions: submissions,
          timeline: device.logical.timeline)
      }
    }
    state = Mutex(
      State(
        batches: try record(plan), pieceSeconds: plan.pieceSeconds,
        measurementsLeft: resources.pieceTimes.isEmpty ? 0 : Self.measuredRuns,
        lastValues: Array(repeating: 0, count: plan.slotCount)))
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
    if !device.logical.settle(until: last, patience: patience, doing: name).isOver {
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
      (0..<slotCount).contains(slot), "\(name): slot \(slot) of \(slotCount)")
    if !permutedBatches.isEmpty { try compareOrders(slot: slot) }
    let value = try submit(batch(of: slot))
    state.withLock { $0.lastValues[slot] = value }
    return Submission(graph: self, slot: slot, value: value)
  }

  func submit(_ batch: CommandBatch) throws -> UInt64 {
    let value = try device.logical.submit(batch, doing: name)
    state.withLock { $0.lastValue = max($0.lastValue, value) }
    return value
  }

  /// The commands of a slot.
  func batch(of slot: Int) -> CommandBatch { state.withLock { $0.batches[slot] } }

  /// Submissions that a run is cut into now.
  var submissionCount: Int { batch(of: 0).count }

  /// Seconds of each piece, as measured or, before the first run, as estimated.
  var pieceSeconds: [Double] { state.withLock { $0.pieceSeconds } }
  var isMeasured: Bool { state.withLock { $0.isMeasured } }

  /// The buffers behind a range of ``DispatchGraph/buffers(_:byteCount:kind:label:)``: one, or a
  /// ring. Nil where no step uses it.
  public func buffers(of range: BufferRange) -> [Buffer]? {
    plan.memories[range.resource].map { resources.memory[$0] }
  }

  /// Name for errors.
  var name: String { plan.label.isEmpty ? "a graph" : plan.label }

  func waitForLastRun() throws { try wait(until: state.withLock { $0.lastValue }) }

  func wait(until value: UInt64) throws {
    let (isOver, error) = device.logical.settle(until: value, patience: patience, doing: name)
    if !isOver { state.withLock { $0.isStuck = true } }
    if let error { throw error }
  }

  /// Waits for a run in a slot, and learns from the first ones how long the pieces take.
  fileprivate func wait(until value: UInt64, slot: Int) throws {
    try wait(until: value)
    let isMeasured = state.withLock { state in
      // A later run in the slot would overwrite the times while they are read.
      guard state.measurementsLeft > 0, state.lastValues[slot] == value,
        state.measuredValue != value
      else { return false }
      state.measurementsLeft -= 1
      state.measuredValue = value
      return true
    }
    guard isMeasured, let seconds = try? resources.pieceTimes[slot].intervals(doing: name) else {
      return
    }
    let isLast = state.withLock { state in
      state.pieceSeconds =
        state.isMeasured ? zip(state.pieceSeconds, seconds).map { min($0, $1) } : seconds
      state.isMeasured = true
      let submissions = GraphPlan.submissions(
        of: state.pieceSeconds, lasting: plan.secondsPerSubmission)
      state.batches = state.batches.map {
        CommandBatch(
          $0.commands, submissions: submissions, timeline: device.logical.timeline)
      }
      return state.measurementsLeft == 0
    }
    if isLast { device.learn(estimated: plan.pieceSeconds, at: plan.rate, measured: pieceSeconds) }
  }

  /// Runs that are measured before the cut into submissions stays as it is.
  private static let measuredRuns = 3

}

/// One run of a graph on its way.
public struct Submission: Sendable {
  /// The graph that runs.
  public let graph: CompiledGraph
  let slot: Int
  let value: UInt64

  /// Waits until the run has finished and its results can be read.
  public func wait() throws { try graph.wait(until: value, slot: slot) }

  /// Whether the run has finished.
  public var isFinished: Bool {
    get throws { try graph.device.logical.finished() >= value }
  }
}
