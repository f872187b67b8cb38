import Synchronization
public import VulkanCompute

/// Runs programs on a Vulkan device: one dispatch graph per program, recorded once and replayed.
public final class VulkanBackend: Backend {
  /// The device.
  public let device: Device
  /// Measured choices of tiles for its programs.
  public let tileChoices: TileChoices
  /// Whether a kernel that a driver cannot compile with a measured choice is an error.
  private let insistsOnChoices: Bool
  private let state = Mutex<[String]>([])

  /// A backend on a device.
  public convenience init(_ device: Device, tileChoices: TileChoices = TileChoices()) {
    self.init(device, tileChoices: tileChoices, insistsOnChoices: false)
  }

  /// A backend for measuring and testing choices: none is replaced by the rule's.
  package init(_ device: Device, tileChoices: TileChoices, insistsOnChoices: Bool) {
    self.device = device
    self.tileChoices = tileChoices
    self.insistsOnChoices = insistsOnChoices
  }

  /// What a user should know: programs that were compiled without the measured choices.
  public var notes: [String] { state.withLock { $0 } }

  /// For example `llvmpipe (Vulkan 1.3, float32)`.
  public var name: String {
    "\(device.description.name) (Vulkan \(device.description.apiVersion), float32)"
  }

  /// What the device allows.
  public var kernelBufferLimit: Int { device.limits.maxPerStageDescriptorStorageBuffers }

  /// What the device lacks.
  public var halfStorageObstacle: String? { device.halfStorageObstacle }

  /// Allocates a variable's bytes in device memory.
  public func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    VulkanStorage(
      device: device, buffer: try device.makeBuffer(byteCount: byteCount, label: label))
  }

  /// Declares a plan's dispatches and compiles their graph.
  ///
  /// A choice was measured with a kernel's plain variant; where a driver fails to compile another
  /// one with it, the program gets the rule's tiles, and a note in its report and ``notes``.
  public func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    do {
      return try VulkanExecutable(
        plan, device: device, tileChoices: tileChoices, options: options)
    } catch let error as VulkanError where canDoWithoutChoices(after: error) {
      let note =
        "\(plan.label): made with the usual kernel variants, because one with a tuned tile could "
        + "not be compiled: \(error)"
      let executable = try VulkanExecutable(
        plan, device: device, tileChoices: TileChoices(), options: options, note: note)
      state.withLock { $0.append(note) }
      return executable
    }
  }

  private func canDoWithoutChoices(after error: VulkanError) -> Bool {
    error.concernsPipeline && error.code != .deviceLost && !tileChoices.isEmpty
      && !insistsOnChoices
  }
}

extension VulkanBackend {
  /// Declares a plan's dispatches and places them, without a buffer.
  public func memory(of plan: Plan) throws -> ProgramMemory {
    var builder = try PlanRecorder(
      plan, device: device, tileChoices: tileChoices, isDry: true)
    builder.recordSteps()
    builder.recordOutputs()
    let graph = try GraphPlan(builder.recorder.graph, limits: device.limits)
    let variables = plan.variableByteCount
    return ProgramMemory(
      byteCount: graph.arenaByteCount + graph.ownedByteCount - variables,
      variableByteCount: variables,
      problems: builder.recorder.problems)
  }

  /// Device memory that is free now.
  public var availableByteCount: Int { device.availableMemoryByteCount }
}

extension Device {
  /// Why kernels cannot keep 16-bit elements in its buffers.
  var halfStorageObstacle: String? {
    guard description.features.storage16Bit else {
      return "the device has no 16-bit storage (Vulkan's storageBuffer16BitAccess)"
    }
    let (have, need) = (
      limits.maxPerStageDescriptorStorageBuffers, CompilePasses.epilogueBuffers
    )
    guard have >= need else {
      return "its kernels can use \(have) storage buffers, \(need) are needed"
    }
    return nil
  }
}

/// A variable's device memory.
final class VulkanStorage: VariableStorage {
  let device: Device
  let buffer: Buffer

  init(device: Device, buffer: Buffer) {
    self.device = device
    self.buffer = buffer
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try device.upload(bytes, to: buffer) }
  func read(into bytes: UnsafeMutableRawBufferPointer) throws {
    try device.download(buffer, into: bytes)
  }
}

/// A plan's compiled graph with the buffers that feed it and take its results: a ring of them, so
/// that the host writes one run's inputs and reads another's results while the device works.
private final class VulkanExecutable: AsynchronousExecutable {
  /// One run works, one is prepared.
  static let slotCount = 2

  private let graph: CompiledGraph
  private var inputs: [Int: InputRing]
  private let outputs: [[Buffer]]
  private let plannedReport: ProgramReport
  /// What was not compiled as asked.
  private let note: String?
  /// Runs started.
  private var runCount = 0
  /// The last run in each slot.
  private var submissions = [Submission?](repeating: nil, count: slotCount)

  /// An input's buffers.
  struct InputRing {
    let buffers: [Buffer]
    /// How often the input has been written, and up to which time each buffer has followed.
    var version = 0
    var versions: [Int]
    /// The buffer that holds the latest bytes.
    var latest = 0

    init(_ buffers: [Buffer]) {
      self.buffers = buffers
      versions = Array(repeating: 0, count: buffers.count)
    }
  }

  init(
    _ plan: Plan, device: Device, tileChoices: TileChoices, options: CompileOptions,
    note: String? = nil
  ) throws {
    self.note = note
    var builder = try PlanRecorder(plan, device: device, tileChoices: tileChoices)
    builder.recordSteps()
    builder.recordOutputs()
    let graph = try builder.recorder.graph.compile(for: device, options: options)
    self.graph = graph
    // An input that no step uses has no buffers.
    inputs = builder.inputs.compactMapValues { graph.buffers(of: $0).map(InputRing.init) }
    outputs = builder.outputs.map { graph.buffers(of: $0) ?? [] }
    for buffer in inputs.values.flatMap(\.buffers) {
      buffer.withMappedBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }
    for (constant, range) in builder.constants {
      guard let buffer = graph.buffers(of: range)?.first else { continue }
      try constant.values.withUnsafeBytes { try device.upload($0, to: buffer) }
    }
    var report = plan.costs
    report.add(graph.report)
    plannedReport = report
  }

  /// The first runs decide anew how work is cut.
  var report: ProgramReport {
    var report = plannedReport
    report.submissions = graph.report.submissions
    report.notes = (note.map { [$0] } ?? []) + graph.notes
    return report
  }

  var slotCount: Int { Self.slotCount }
  private var slot: Int { runCount % Self.slotCount }

  func write(_ bytes: UnsafeRawBufferPointer, toInput number: Int) throws {
    try submissions[slot]?.wait()
    guard var ring = inputs[number] else { return }
    ring.buffers[slot].withMappedBytes { $0.copyMemory(from: bytes) }
    ring.version += 1
    ring.versions[slot] = ring.version
    ring.latest = slot
    inputs[number] = ring
  }

  /// Gives the next run's slot the inputs that were written for an earlier run only.
  private func bringInputsUpToDate() {
    for (number, ring) in inputs where ring.versions[slot] != ring.version {
      ring.buffers[slot].withMappedBytes { target in
        ring.buffers[ring.latest].withMappedBytes { target.copyMemory(from: .init($0)) }
      }
      inputs[number]?.versions[slot] = ring.version
    }
  }

  func start() throws -> Int {
    try submissions[slot]?.wait()
    bringInputsUpToDate()
    submissions[slot] = try graph.submit(slot: slot)
    runCount += 1
    return runCount - 1
  }

  /// The run, unless its slot has been used again: then it has finished.
  private func submission(of run: Int) -> Submission? {
    run + Self.slotCount < runCount ? nil : submissions[run % Self.slotCount]
  }

  func wait(for run: Int) throws { try submission(of: run)?.wait() }

  func isFinished(_ run: Int) throws -> Bool { try submission(of: run)?.isFinished ?? true }

  func run() throws { try wait(for: start()) }

  func timings() throws -> [StepTiming] { try graph.timings() }
  func activity() throws -> GraphActivity { try graph.activity() }

  func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
    try read(output: index, of: runCount - 1, into: bytes)
  }

  func read(output index: Int, of run: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
    precondition(
      run + Self.slotCount >= runCount && run < runCount,
      "run \(run) of \(runCount): only the last \(Self.slotCount) keep their results")
    outputs[index][run % Self.slotCount].withMappedBytes {
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]))
    }
  }
}

/// Turns a plan into a dispatch graph: values become ranges, steps dispatches.
struct PlanRecorder {
  let plan: Plan
  let device: Device
  var recorder: Recorder
  /// What the host writes, by value.
  var inputs: [Int: BufferRange] = [:]
  /// What it reads, in the plan's order.
  var outputs: [BufferRange] = []
  var constants: [(Tensor.Constant, BufferRange)] = []
  private var ranges: [Int: BufferRange] = [:]
  /// Whether variables only stand in the graph as memory that it would make.
  private let isDry: Bool

  init(
    _ plan: Plan, device: Device, tileChoices: TileChoices, tileTarget: TileTarget? = nil,
    isDry: Bool = false
  ) throws {
    self.plan = plan
    self.device = device
    self.isDry = isDry
    recorder = Recorder(
      graph: DispatchGraph(label: plan.label), device: device, tileChoices: tileChoices,
      tileTarget: tileTarget, arithmetic: plan.arithmetic)
    for (number, value) in plan.values.enumerated() { try place(value, number: number) }
  }

  /// Gives every value that is not a view its range.
  private mutating func place(_ value: Plan.Value, number: Int) throws {
    // Whole words, also of an odd number of halves.
    let byteCount = (value.byteCount + 3) / 4 * 4
    guard value.shape.count <= Int(UInt32.max) else {
      throw TensorError(
        .outOfMemory,
        "\(plan.label): \(value.label) \(value.shape) has more elements than shaders can count; "
          + "use a smaller batch")
    }
    switch value.source {
    case .view: break
    case .computed:
      ranges[number] = recorder.graph.transient(byteCount: byteCount, label: value.label)
    case .input:
      let ring = recorder.graph.buffers(
        VulkanExecutable.slotCount, byteCount: byteCount, kind: .upload, label: value.label)
      inputs[number] = ring
      let range = recorder.graph.transient(byteCount: byteCount, label: value.label)
      recorder.graph.copy(from: ring, to: range, label: "upload \(value.label)")
      ranges[number] = range
    case .constant(let constant):
      let range = recorder.graph.buffers(
        byteCount: byteCount, kind: .deviceLocal, label: value.label)
      constants.append((constant, range))
      ranges[number] = range
    case .variable where isDry:
      ranges[number] = recorder.graph.buffers(
        byteCount: byteCount, kind: .deviceLocal, label: value.label)
    case .variable(let variable):
      guard let storage = variable.storage as? VulkanStorage, storage.device === device else {
        preconditionFailure("program \(plan.label): \(variable.name) is not on this device")
      }
      ranges[number] = recorder.graph.external(storage.buffer, label: value.label)
    }
  }

  private func tensor(_ number: Int) -> GraphTensor {
    guard let range = ranges[plan.root(of: number)] else {
      preconditionFailure("program \(plan.label): value \(number) has no range")
    }
    return GraphTensor(
      shape: plan.values[number].shape, range: range,
      elementType: plan.values[number].elementType)
  }

  mutating func recordSteps() {
    for step in plan.steps {
      recorder.label = plan.label(of: step)
      switch step {
      case .compute(let operation, let inputs, let result):
        operation.record(inputs.map(tensor), into: tensor(result), with: &recorder)
      case .update(let operation, let targets, let inputs):
        operation.record(targets.map(tensor), inputs: inputs.map(tensor), with: &recorder)
      }
    }
  }

  /// Copies every output to memory that the host can read.
  mutating func recordOutputs() {
    for output in plan.outputs {
      let source = tensor(output).range
      let label = plan.values[output].label
      let ring = recorder.graph.buffers(
        VulkanExecutable.slotCount, byteCount: source.byteCount, kind: .readback, label: label)
      recorder.graph.copy(from: source, to: ring, label: "read \(label)")
      outputs.append(ring)
    }
  }
}
