import TensorKernels
import VulkanCompute

/// sum ← value at the first part of a sum, sum ← sum + value at every later one.
///
/// ```swift
/// let isFirst = Tensor.input([], name: "is first")
/// let update = Update(Accumulate(), of: [sum], from: [gradient, isFirst])
/// ```
///
/// **Targets** the sum. **Inputs** the value, and [] 1 at the first part, 0 later: what the sum held
/// before the first part does not matter, be it infinite.
/// **Cost** one dispatch.
public struct Accumulate: UpdateOperation {
  /// Adds a value to the variable.
  public init() {}

  /// The name in reports.
  public static var name: String { "accumulate" }

  /// Traps when the shapes do not fit.
  public func check(targets: [Shape], inputs: [Shape]) {
    precondition(
      targets.count == 1 && inputs == targets + [[]], "accumulate: \(inputs) to \(targets)")
  }

  /// Changes the target on the CPU.
  public func evaluate(_ targets: [CPUTensor], inputs: [CPUTensor], on workers: CPUWorkers) {
    let (sum, value) = (targets[0].floats, inputs[0].floats)
    let isFirst = inputs[1].floats[0] != 0
    workers.forEachRange(targets[0].count) { range in
      forEachVector(in: range) { index, load, store in
        store(sum, index, isFirst ? load(value, index) : load(sum, index) + load(value, index))
      }
    }
  }

  /// Declares the dispatch that changes the target.
  public func record(
    _ targets: [GraphTensor], inputs: [GraphTensor], with recorder: inout Recorder
  ) {
    recorder.dispatch(
      AccumulateKernel.self,
      .init(sum: targets[0].range, value: inputs[0].range, isFirst: inputs[1].range),
      specialization: .init(), constants: .init(count: UInt32(targets[0].count)),
      workgroups: .covering(targets[0].count, by: 64), arithmetic: Double(targets[0].count))
  }
}
