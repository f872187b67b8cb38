/// How long one step took.
public struct StepTiming: Sendable, Hashable, Codable {
  /// What the step computes.
  public var label: String
  /// Seconds on the device, including its barrier.
  public var seconds: Double
  /// Estimated arithmetic operations.
  public var arithmetic: Double
  /// Bytes of what the step reads and writes, every operand counted once.
  public var byteCount: Int

  /// A step's time and work.
  public init(label: String, seconds: Double, arithmetic: Double = 0, byteCount: Int = 0) {
    self.label = label
    self.seconds = seconds
    self.arithmetic = arithmetic
    self.byteCount = byteCount
  }
}

extension CompiledGraph {
  /// The time of each step in the last run that has been waited for; the graph was compiled with
  /// ``CompileOptions/timestamps``.
  public func timings() throws -> [StepTiming] {
    guard let timestamps = resources.timestamps else {
      preconditionFailure("\(name) was compiled without timestamps")
    }
    var timings: [StepTiming] = []
    var last: Int?
    for (step, seconds) in zip(plan.steps, try timestamps.intervals(doing: name)) {
      if step.part != nil, step.declaredIndex == last {
        // A further part of the step in front.
        timings[timings.count - 1].seconds += seconds
        timings[timings.count - 1].arithmetic += step.arithmetic
      } else {
        timings.append(
          StepTiming(
            label: step.label, seconds: seconds, arithmetic: step.arithmetic,
            byteCount: step.operandByteCount))
      }
      last = step.declaredIndex
    }
    return timings
  }
}

extension GraphPlan.Step {
  /// Bytes of the distinct places that the step reads or writes.
  var operandByteCount: Int {
    var places: Set<PlacedRange> = []
    return accesses.reduce(0) {
      places.insert($1.place).inserted ? $0 + $1.place.bytes.count : $0
    }
  }
}
