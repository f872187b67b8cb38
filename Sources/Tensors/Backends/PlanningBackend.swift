public import VulkanCompute

/// What a program needs, known before anything is allocated.
public struct ProgramMemory: Sendable, Hashable {
  /// Bytes of intermediate results, inputs, constants and outputs.
  public var byteCount: Int
  /// Bytes of the variables that the program reads or changes; programs share them.
  public var variableByteCount: Int
  /// The matrix products and convolutions whose tiles a tuner may choose; none on the CPU.
  public var problems: [ProductProblem]

  /// An amount of memory.
  public init(byteCount: Int, variableByteCount: Int, problems: [ProductProblem] = []) {
    self.byteCount = byteCount
    self.variableByteCount = variableByteCount
    self.problems = problems
  }
}

/// Stands in for another backend to ask what programs would need there: variables on it have no
/// memory and no values.
///
/// ```swift
/// let planning = PlanningBackend(for: backend)
/// let weight = try Variable([1, 2], shape: [2], name: "weight", on: planning)
/// let memory = try Program.memory(outputs: [exp(Tensor(weight))], on: planning)
/// ```
public final class PlanningBackend: Backend {
  private let backend: any Backend

  /// Plans for a backend.
  public init(for backend: any Backend) { self.backend = backend }

  /// The other backend's name.
  public var name: String { backend.name }

  /// The other backend's limit.
  public var kernelBufferLimit: Int { backend.kernelBufferLimit }

  /// The other backend's reason.
  public var halfStorageObstacle: String? { backend.halfStorageObstacle }

  /// No bytes.
  public func makeStorage(byteCount: Int, label: String) -> any VariableStorage { NoStorage() }

  /// Traps: there is nothing to run on.
  public func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    preconditionFailure("program \(plan.label): a planning backend runs nothing")
  }

  /// What the other backend would allocate.
  public func memory(of plan: Plan) throws -> ProgramMemory { try backend.memory(of: plan) }

  /// What the other backend has left.
  public var availableByteCount: Int { backend.availableByteCount }
}

/// A variable's bytes on a backend that only plans.
final class NoStorage: VariableStorage {
  func write(_ bytes: UnsafeRawBufferPointer) {}
  func read(into bytes: UnsafeMutableRawBufferPointer) {
    preconditionFailure("a variable of a backend that only plans has no values")
  }
}
