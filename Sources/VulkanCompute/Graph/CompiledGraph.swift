import CVulkan
import Synchronization

/// A graph recorded for a device, run as often as wanted without recording again.
///
/// Unchecked: `commands` is set once; the driver may be given the same commands by several
/// threads, because they are recorded for simultaneous use and each submission holds the queue's
/// lock. Runs that overlap are ordered by the queue, one after the other.
public final class CompiledGraph: @unchecked Sendable {
  /// The device it runs on.
  public let device: Device
  /// What compiling decided.
  package let plan: GraphPlan
  let resources: GraphResources
  private let commands: [VkCommandBuffer]
  private let patience: Double
  private let state = Mutex(State())

  private struct State {
    /// The timeline's value when the last run has finished.
    var lastValue: UInt64 = 0
    /// The device stopped answering: what it may still use is never freed.
    var isStuck = false
  }

  init(
    device: Device, plan: GraphPlan, resources: GraphResources, commands: [VkCommandBuffer],
    patience: Double
  ) {
    self.device = device
    self.plan = plan
    self.resources = resources
    self.commands = commands
    self.patience = patience
  }

  /// Waits for the last run, and frees nothing that the device may still use.
  deinit {
    let (last, isStuck) = state.withLock { ($0.lastValue, $0.isStuck) }
    do {
      let patience = isStuck ? 0 : patience
      try device.logical.wait(until: last, patience: patience, doing: name)
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

  /// Starts the graph after everything submitted before; returns at once.
  public func submit() throws -> Submission {
    let value = try device.logical.submit(commands, doing: name)
    state.withLock { $0.lastValue = max($0.lastValue, value) }
    return Submission(graph: self, value: value)
  }

  /// Name for errors.
  var name: String { plan.label.isEmpty ? "a graph" : plan.label }

  fileprivate func wait(until value: UInt64) throws {
    do {
      try device.logical.wait(until: value, patience: patience, doing: name)
    } catch {
      state.withLock { $0.isStuck = true }
      throw error
    }
  }

  /// Faults of placement and barriers, found independently of the code that planned them; empty
  /// unless this library has a defect.
  package func verifyBarriers() -> [String] { plan.faults() }
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
