public import VulkanCompute

/// What compiles and runs programs. There are two: ``CPUBackend`` and ``VulkanBackend``.
public protocol Backend: AnyObject, Sendable {
  /// Device, features and precision in force, for people.
  var name: String { get }
  /// Allocates a variable's bytes.
  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage
  /// Places, synchronizes and records a plan.
  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable
  /// What compiling the plan would allocate, without allocating it.
  ///
  /// - Throws: What ``compile(_:options:)`` would throw about limits.
  func memory(of plan: Plan) throws -> ProgramMemory
  /// Bytes that variables and programs may still take.
  var availableByteCount: Int { get }
  /// Storage buffers that one kernel can read and write; steps are fused within this limit.
  var kernelBufferLimit: Int { get }
  /// Why it cannot store values in 16 bits, for people; `nil` where it can.
  var halfStorageObstacle: String? { get }
}

extension Backend {
  /// Any number, unless a backend says otherwise.
  public var kernelBufferLimit: Int { .max }
  /// Nothing, unless a backend says otherwise.
  public var halfStorageObstacle: String? { nil }

  /// Refuses a precision that the backend has no storage for.
  ///
  /// - Throws: ``TensorError`` of code `unsupported` that names device and reason.
  public func check(_ precision: Precision) throws {
    guard precision == .mixed, let obstacle = halfStorageObstacle else { return }
    throw TensorError(
      .unsupported,
      "mixed precision is not possible on \(name): \(obstacle). Use float32, or a device that "
        + "`vamen devices` lists with 16-bit storage")
  }
}

/// A plan that is ready to run on its backend.
public protocol Executable: AnyObject {
  /// Replaces the bytes of an input value.
  func write(_ bytes: UnsafeRawBufferPointer, toInput number: Int) throws
  /// Runs every step once and waits.
  func run() throws
  /// Copies the bytes of output `index` out.
  func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) throws
  /// What was compiled.
  var report: ProgramReport { get }
  /// The time of each step in the last run; the plan was compiled with
  /// `CompileOptions.timestamps`.
  func timings() throws -> [StepTiming]
  /// How much of the last run was spent in kernels; the plan was compiled with
  /// `CompileOptions.groupTimestamps`.
  func activity() throws -> GraphActivity
}

/// A plan whose runs go on while the host does other things. Each of ``slotCount`` runs on their way
/// has inputs and outputs of its own.
public protocol AsynchronousExecutable: Executable {
  /// Runs that may be on their way at a time.
  var slotCount: Int { get }
  /// Starts every step once and returns the run's number; inputs written afterwards are those of
  /// the next run. Waits for the run that used the same slot before.
  func start() throws -> Int
  /// Waits until a run has finished.
  func wait(for run: Int) throws
  /// Whether a run has finished.
  func isFinished(_ run: Int) throws -> Bool
  /// Copies an output of a finished run out, one of the last ``slotCount`` started.
  func read(output index: Int, of run: Int, into bytes: UnsafeMutableRawBufferPointer) throws
}
