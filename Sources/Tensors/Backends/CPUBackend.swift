public import VulkanCompute

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs programs on the processor: threads, vectorised kernels, one arena for all intermediates.
public final class CPUBackend: Backend {
  /// Its threads.
  public let workers: CPUWorkers
  /// The kernels in use, unless they are the processor's best.
  private let instructionSet: String?

  /// A backend with as many threads as the machine has processors, or fewer.
  public init(threadCount: Int? = nil) {
    workers = CPUWorkers(threadCount: threadCount)
    instructionSet = nil
  }

  /// A backend of one thread with kernels for a lesser instruction set than the processor has, to
  /// compare them; `nil` if the processor lacks it.
  package init?(instructionSet: String) {
    guard CPUInstructionSet.isAvailable(instructionSet) else { return nil }
    workers = CPUWorkers(threadCount: 1)
    self.instructionSet = instructionSet
  }

  /// For example `CPU (2 threads, float32)`.
  public var name: String {
    "CPU (\(workers.threadCount) threads, \(instructionSet.map { $0 + ", " } ?? "")float32)"
  }

  /// Whose kernels run: `avx512`, `avx2` or `baseline`; different ones differ by roundings in fast arithmetic.
  package var kernelInstructionSet: String { instructionSet ?? CPUInstructionSet.current }

  /// Allocates a variable's bytes.
  public func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage {
    try CPUInstructionSet.check()
    return try CPUStorage(byteCount: byteCount, label: label)
  }

  /// Places a plan's intermediates in one arena.
  public func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    try CPUInstructionSet.check()
    return try CPUExecutable(
      plan, workers: workers, instructionSet: instructionSet,
      isMeasured: options.timestamps || options.groupTimestamps,
      stopsWhenCancelled: options.stopsWhenCancelled)
  }

  /// Places a plan's intermediates, without memory.
  public func memory(of plan: Plan) -> ProgramMemory {
    let arena = ArenaPlan(lifetimes: PlanLifetimes(plan).arena, alignment: 64)
    let fixed = plan.values.reduce(0) { sum, value in
      switch value.source {
      case .input, .constant: sum + value.shape.count * value.elementType.byteCount
      case .computed, .view, .variable: sum
      }
    }
    return ProgramMemory(
      byteCount: arena.byteCount + plan.scratchByteCount + fixed,
      variableByteCount: plan.variableByteCount)
  }

  /// Memory that the machine can give now.
  public var availableByteCount: Int { availableMemory() }
}

/// Aligned memory. Unchecked: a program's run and the caller's reads and writes of its variables
/// do not overlap in time (`Variable.assign` says so).
final class CPUStorage: VariableStorage, @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  /// Zeroed memory, or memory of arbitrary bytes for values that are written before they are read.
  init(byteCount: Int, label: String, isZeroed: Bool = true) throws {
    var pointer: UnsafeMutableRawPointer?
    let size = (max(byteCount, 1) + 63) / 64 * 64
    // Asked first: a kernel that overcommits would grant the memory and kill the program later.
    guard size <= availableMemory(), posix_memalign(&pointer, 64, size) == 0, let pointer else {
      throw TensorError(
        .outOfMemory,
        "\(label): \(size >> 20) MiB are needed, \(availableMemory() >> 20) MiB are free; use a "
          + "smaller batch or a smaller preset")
    }
    if isZeroed { pointer.initializeMemory(as: UInt8.self, repeating: 0, count: size) }
    bytes = UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
  }

  deinit { free(bytes.baseAddress) }

  func write(_ source: UnsafeRawBufferPointer) { bytes.copyMemory(from: source) }
  func read(into target: UnsafeMutableRawBufferPointer) {
    target.copyMemory(from: UnsafeRawBufferPointer(bytes))
  }
}

/// A plan with its memory: steps run in order, each on all threads.
private final class CPUExecutable: Executable {
  private let plan: Plan
  private let workers: CPUWorkers
  private let instructionSet: String?
  private let arena: CPUStorage
  private var storages: [CPUStorage] = []
  private var tensors: [CPUTensor] = []
  private var steps: [CPUStep] = []
  /// Where operands in 16 bits lie widened while a step runs.
  private let scratch: CPUStorage?
  private(set) var report = ProgramReport()
  private let isMeasured: Bool
  private let stopsWhenCancelled: Bool
  private var measured: [StepTiming] = []
  private var span = 0.0

  init(
    _ plan: Plan, workers: CPUWorkers, instructionSet: String?, isMeasured: Bool,
    stopsWhenCancelled: Bool
  ) throws {
    precondition(
      !stopsWhenCancelled || !plan.steps.contains(where: \.isUpdate),
      "program \(plan.label): half an update would be left of a cancelled run")
    self.plan = plan
    self.stopsWhenCancelled = stopsWhenCancelled
    self.instructionSet = instructionSet
    self.workers = workers
    self.isMeasured = isMeasured
    let lifetimes = PlanLifetimes(plan)
    let placement = ArenaPlan(lifetimes: lifetimes.arena, alignment: 64)
    arena = try CPUStorage(
      byteCount: placement.byteCount, label: "\(plan.label): arena", isZeroed: false)
    let scratchByteCount = plan.scratchByteCount
    scratch =
      scratchByteCount > 0
      ? try CPUStorage(
        byteCount: scratchByteCount, label: "\(plan.label): scratch", isZeroed: false) : nil

    var pointers = [UnsafeMutableRawPointer?](repeating: nil, count: plan.values.count)
    for (index, number) in lifetimes.numbers.enumerated() {
      pointers[number] = arena.bytes.baseAddress.map { $0 + placement.offsets[index] }
    }
    for (number, value) in plan.values.enumerated() {
      if let pointer = try persistentBytes(of: value) { pointers[number] = pointer }
      guard let pointer = pointers[plan.root(of: number)] ?? arena.bytes.baseAddress else {
        preconditionFailure("program \(plan.label): value \(value.label) has no memory")
      }
      tensors.append(CPUTensor(shape: value.shape, pointer: pointer))
    }
    steps = plan.steps.map {
      CPUStep($0, of: plan, tensors: tensors, scratch: scratch?.bytes.baseAddress)
    }
    summarize(placement)
  }

  /// Memory of values that live outside the arena.
  private func persistentBytes(of value: Plan.Value) throws -> UnsafeMutableRawPointer? {
    switch value.source {
    case .computed, .view: return nil
    case .variable(let variable):
      guard let storage = variable.storage as? CPUStorage else {
        preconditionFailure("program \(plan.label): \(variable.name) is not on the CPU")
      }
      storages.append(storage)
      return storage.bytes.baseAddress
    case .input, .constant:
      let storage = try CPUStorage(byteCount: value.shape.count * 4, label: value.label)
      if case .constant(let constant) = value.source {
        constant.values.withUnsafeBytes { storage.write($0) }
      }
      storages.append(storage)
      return storage.bytes.baseAddress
    }
  }

  private func summarize(_ placement: ArenaPlan) {
    report = plan.costs
    report.dispatches = plan.steps.count
    let scratchByteCount = scratch?.bytes.count ?? 0
    report.arenaByteCount = placement.byteCount + scratchByteCount
    report.unaliasedByteCount = placement.unaliasedByteCount + scratchByteCount
  }

  func write(_ bytes: UnsafeRawBufferPointer, toInput number: Int) {
    guard let source = bytes.baseAddress else { return }
    tensors[number].pointer.copyMemory(from: source, byteCount: bytes.count)
  }

  func run() throws {
    try CPUInstructionSet.using(instructionSet) { try plan.arithmetic.onCPU(runSteps) }
  }

  private func runSteps() throws {
    guard isMeasured else {
      for step in steps {
        if stopsWhenCancelled { try Task.checkCancellation() }
        step.run(on: workers)
      }
      return
    }
    let first = ContinuousClock.now
    measured = steps.map { step in
      let start = ContinuousClock.now
      step.run(on: workers)
      return plan.timing(of: step.step, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
    span = (ContinuousClock.now - first) / .seconds(1)
  }

  func activity() -> GraphActivity {
    let kernels = timings().reduce(0) { $0 + $1.seconds }
    return GraphActivity(kernelSeconds: kernels, spanSeconds: span)
  }

  func timings() -> [StepTiming] {
    precondition(isMeasured, "program \(plan.label) was compiled without timestamps")
    return measured
  }

  func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) {
    let tensor = tensors[plan.outputs[index]]
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: tensor.pointer, count: bytes.count))
  }
}
