import Tensors
import VulkanCompute

/// Compiles nothing and allocates nothing: programs of any size can be looked at.
final class PlanOnlyBackend: Backend {
  let name = "plans"

  func makeStorage(byteCount: Int, label: String) throws -> any VariableStorage { NoBytes() }

  func compile(_ plan: Plan, options: CompileOptions) throws -> any Executable {
    PlannedExecutable(plan)
  }

  func memory(of plan: Plan) -> ProgramMemory { CPUBackend().memory(of: plan) }

  let availableByteCount = Int.max
}

private final class NoBytes: VariableStorage {
  func write(_ bytes: UnsafeRawBufferPointer) {}
  func read(into bytes: UnsafeMutableRawBufferPointer) {}
}

private final class PlannedExecutable: Executable {
  let report: ProgramReport

  init(_ plan: Plan) {
    var report = plan.costs
    report.arenaByteCount = plan.arenaByteCount
    self.report = report
  }

  func write(_ bytes: UnsafeRawBufferPointer, toInput number: Int) {}
  func run() {}
  func read(output index: Int, into bytes: UnsafeMutableRawBufferPointer) {}
  func timings() -> [StepTiming] { [] }
  func activity() -> GraphActivity { preconditionFailure("nothing ran") }
}
