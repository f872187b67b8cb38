public import VulkanCompute

/// Expressions and updates, compiled once for a backend and run many times.
///
/// ```swift
/// let x = Tensor.input([3])
/// let y = exp(x)
/// let program = try Program(outputs: [y], on: backend)
/// try program.set(x, to: [0, 1, 2])
/// try program.run()
/// print(try program.values(of: y))                // [1.0, 2.7182817, 7.389056]
/// ```
///
/// A run computes every output from the variables' values before the run, then the updates are in
/// force. Same backend, same program, same inputs: the same bits.
public final class Program {
  /// The steps, in the order they run.
  package let plan: Plan
  private let executable: any Executable
  /// Where it runs.
  public let backend: any Backend
  private let outputs: [Tensor: Int]
  private var last: ProgramRun?

  /// Compiles.
  ///
  /// - Parameters:
  ///   - outputs: Tensors whose values can be read after each run.
  ///   - updates: Changes of variables, in force after each run.
  ///   - backend: Where to run; all variables live there.
  ///   - label: A name for reports and errors.
  ///   - precision: How feature maps are stored.
  ///   - arithmetic: How results are rounded; traps where an operation has no such arithmetic.
  ///   - options: Whether steps are timed, and how work is cut.
  /// - Throws: ``TensorError`` when the device refuses, for example for want of memory or of 16-bit
  ///   storage.
  public convenience init(
    outputs: [Tensor], updates: [Update] = [], on backend: any Backend, label: String = "program",
    precision: Precision = .float32, arithmetic: Arithmetic = .fast,
    options: CompileOptions = .init()
  ) throws {
    try self.init(
      outputs: outputs, updates: updates, on: backend, label: label, precision: precision,
      arithmetic: arithmetic, options: options, passes: .all)
  }

  /// Compiles with some of the optional passes.
  package init(
    outputs: [Tensor], updates: [Update] = [], on backend: any Backend, label: String = "program",
    precision: Precision = .float32, arithmetic: Arithmetic = .fast,
    options: CompileOptions = .init(), passes: CompilePasses
  ) throws {
    try backend.check(precision)
    plan = Plan(
      outputs: outputs, updates: updates, backend: backend, label: label, passes: passes,
      precision: precision, arithmetic: arithmetic)
    executable = try backend.compile(plan, options: options)
    self.backend = backend
    self.outputs = Dictionary(
      outputs.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What was compiled.
  public var report: ProgramReport { executable.report }

  /// The compiled steps in Graphviz's language.
  public var graphviz: String { plan.graphviz }

  /// The time of each step in the last run, with its arithmetic and bytes; the program was compiled
  /// with `CompileOptions.timestamps`. On Vulkan a step is a dispatch or a copy, on the CPU an
  /// operation.
  public func timings() throws -> [StepTiming] { try executable.timings() }

  /// How much of the last run was spent in kernels; the program was compiled with
  /// `CompileOptions.groupTimestamps`.
  public func activity() throws -> GraphActivity { try executable.activity() }

  /// What compiling would allocate, without allocating it; see ``PlanningBackend`` for variables
  /// without memory.
  ///
  /// - Throws: What compiling would throw about a device's limits.
  public static func memory(
    outputs: [Tensor], updates: [Update] = [], on backend: any Backend, label: String = "program",
    precision: Precision = .float32, arithmetic: Arithmetic = .fast
  ) throws -> ProgramMemory {
    try backend.check(precision)
    return try backend.memory(
      of: Plan(
        outputs: outputs, updates: updates, backend: backend, label: label, precision: precision,
        arithmetic: arithmetic))
  }

  /// Replaces an input's values for the runs that follow. Setting an input that no output needs
  /// does nothing.
  public func set(_ input: Tensor, to values: [Float]) throws {
    try values.withUnsafeBytes { try write($0, to: input) }
  }

  /// Replaces the values of an input of unsigned integers.
  public func set(_ input: Tensor, toWords words: [UInt32]) throws {
    precondition(input.elementType == .uint32, "integers for an input of \(input.elementType)")
    try words.withUnsafeBytes { try write($0, to: input) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to input: Tensor) throws {
    guard case .input(let name) = input.node.content else {
      preconditionFailure("program \(plan.label): set() needs an input, not \(input.shape)")
    }
    precondition(
      bytes.count == input.shape.count * 4,
      "\(name): \(bytes.count / 4) values for shape \(input.shape)")
    guard let number = plan.numbers[input] else { return }
    try executable.write(bytes, toInput: number)
  }

  /// Runs once and waits for the result.
  public func run() throws { try start().wait() }

  /// Starts a run with the inputs set so far and returns without waiting for it; the CPU backend
  /// returns when it has finished. Inputs set afterwards are those of the next run: on a Vulkan
  /// device they go up through a ring of buffers while this run goes on. Waits only where
  /// ``concurrentRunCount`` runs are on their way already. Allocates no memory of the device and
  /// records nothing.
  public func start() throws -> ProgramRun {
    if last != nil, !isKnownUniquelyReferenced(&last) { try last?.keepResults() }
    let run = try ProgramRun(plan: plan, executable: executable, outputs: outputs)
    last = run
    return run
  }

  /// Runs that may be on their way at a time.
  public var concurrentRunCount: Int {
    (executable as? any AsynchronousExecutable)?.slotCount ?? 1
  }

  /// Sets inputs, runs and reads every output.
  @discardableResult
  public func run(_ inputs: [Tensor: [Float]]) throws -> [[Float]] {
    for (input, values) in inputs { try set(input, to: values) }
    try run()
    return try plan.outputs.indices.map { try lastRun.values(at: $0) }
  }

  /// The values of an output after the last run, row-major.
  public func values(of output: Tensor) throws -> [Float] { try lastRun.values(of: output) }

  private var lastRun: ProgramRun {
    guard let last else { preconditionFailure("program \(plan.label) has not run yet") }
    return last
  }
}
