import Synchronization
public import VulkanCompute

/// Declares programs for a Vulkan device and stops there: what they would dispatch is known, while
/// nothing is allocated, compiled or run. For reports about devices that are not at hand.
public final class DeclaringBackend: Backend {
  /// The device whose limits programs respect.
  public let device: Device
  /// What tiles are chosen for; a device other than ``device`` to see what would run there.
  public let tileTarget: TileTarget
  /// Measured choices of tiles.
  public let tileChoices: TileChoices
  private let state = Mutex<[DeclaredProgram]>([])

  /// A backend that plans for a device.
  public init(
    _ device: Device, tileTarget: TileTarget? = nil, tileChoices: TileChoices = TileChoices()
  ) {
    self.device = device
    self.tileTarget = tileTarget ?? TileTarget(device)
    self.tileChoices = tileChoices
  }

  /// For example `plans for llvmpipe`.
  public var name: String { "plans for \(device.description.name)" }

  /// The programs compiled so far.
  public var programs: [DeclaredProgram] { state.withLock { $0 } }

  /// What the device allows.
  public var kernelBufferLimit: Int { device.limits.maxPerStageDescriptorStorageBuffers }

  /// What the device lacks.
  public var halfStorageObstacle: String? { device.halfStorageObstacle }

  /// A variable without bytes.
  public func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    NoStorage()
  }

  /// Declares a plan's dispatches, and plans their memory and barriers where they fit the device.
  public func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    var recorder = try PlanRecorder(
      plan, device: device, tileChoices: tileChoices, tileTarget: tileTarget, isDry: true)
    recorder.recordSteps()
    let program = DeclaredProgram(
      label: plan.label, dispatches: recorder.recorder.graph.dispatches)
    state.withLock { $0.append(program) }
    var report = plan.costs
    recorder.recordOutputs()
    do {
      let graph = try GraphPlan(recorder.recorder.graph, limits: device.limits, options: options)
      report.add(graph.report)
      report.submissions = graph.report.submissions
    } catch {
      // It would not fit this device; what it dispatches is known all the same.
      report.dispatches = program.dispatches.count
      report.multiplications = program.dispatches.reduce(0) { $0 + $1.multiplications }
      report.executedMultiplications = program.dispatches.reduce(0) {
        $0 + $1.executedMultiplications
      }
      report.notes.append("\(error)")
    }
    return DeclaredExecutable(report: report)
  }

  /// What a program would allocate on the device.
  public func memory(of plan: Plan) throws -> ProgramMemory {
    try VulkanBackend(device, tileChoices: tileChoices).memory(of: plan)
  }

  /// Device memory that is free now.
  public var availableByteCount: Int { device.availableMemoryByteCount }
}

/// What a program would dispatch.
public struct DeclaredProgram: Sendable {
  /// The program's name.
  public let label: String
  /// Its dispatches in order.
  public let dispatches: [DispatchGraph.Dispatch]
}

private final class DeclaredExecutable: Executable {
  let report: ProgramReport

  init(report: ProgramReport) { self.report = report }

  func write(_ bytes: UnsafeRawBufferPointer, toInput number: Int) throws {}
  func run() throws { throw TensorError(.device, "a declared program cannot run") }
  func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) throws { try run() }
  func timings() throws -> [StepTiming] { [] }
  func activity() throws -> GraphActivity {
    throw TensorError(.device, "a declared program cannot run")
  }
}
