import VulkanCompute

/// variable ← value.
///
/// ```swift
/// let mean = Tensor(runningMean) * 0.9 + batchMean * 0.1
/// let update = Update(Assign(), of: [runningMean], from: [mean])
/// ```
///
/// **Cost** one copy.
public struct Assign: UpdateOperation {
  /// Replaces the variable's value.
  public init() {}

  /// The name in reports.
  public static var name: String { "assign" }

  /// Traps when the shapes do not fit.
  public func check(targets: [Shape], inputs: [Shape]) {
    precondition(
      targets.count == 1 && inputs == targets, "assign: \(inputs) to a variable of \(targets)")
  }

  /// Changes the targets on the CPU.
  public func evaluate(_ targets: [CPUTensor], inputs: [CPUTensor], on workers: CPUWorkers) {
    let (target, value) = (targets[0].words, inputs[0].words)
    workers.forEachRange(targets[0].count, grain: 1 << 18) { range in
      (target + range.lowerBound).update(from: value + range.lowerBound, count: range.count)
    }
  }

  /// Declares the dispatch that changes the targets.
  public func record(
    _ targets: [GraphTensor], inputs: [GraphTensor], with recorder: inout Recorder
  ) {
    recorder.graph.copy(from: inputs[0].range, to: targets[0].range, label: recorder.label)
  }

  /// The value is read and written.
  public func bytesMoved(targets: [Shape], inputs: [Shape]) -> Int { 8 * inputs[0].count }
}
