/// How long one step took.
public struct StepTiming: Sendable, Hashable, Codable {
  /// What the step computes.
  public var label: String
  /// Seconds on the device, including its barrier.
  public var seconds: Double
  /// Estimated arithmetic operations.
  public var arithmetic: Double
}

extension CompiledGraph {
  /// The time of each step in the last run that has been waited for; the graph was compiled with
  /// ``CompileOptions/timestamps``.
  public func timings() throws -> [StepTiming] {
    guard let timestamps = resources.timestamps else {
      preconditionFailure("\(name) was compiled without timestamps")
    }
    return zip(plan.steps, try timestamps.intervals(doing: name)).map { step, seconds in
      StepTiming(label: step.label, seconds: seconds, arithmetic: step.arithmetic)
    }
  }
}
