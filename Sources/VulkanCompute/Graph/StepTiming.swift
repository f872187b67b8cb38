import CVulkan

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
    precondition(resources.queries != 0, "\(name) was compiled without timestamps")
    let logical = device.logical
    var ticks = [UInt64](repeating: 0, count: plan.steps.count + 1)
    try check(
      logical.functions.vkGetQueryPoolResults(
        logical.handle, resources.queries, 0, UInt32(ticks.count), ticks.count * 8, &ticks, 8,
        VK_QUERY_RESULT_64_BIT.rawValue),
      "reading the times of \(name), which must have run, on \(logical.name)")
    let bits = logical.physical.timestampBits
    let mask = bits >= 64 ? UInt64.max : (1 << UInt64(bits)) - 1
    return plan.steps.enumerated().map { index, step in
      let elapsed = (ticks[index + 1] &- ticks[index]) & mask
      return StepTiming(
        label: step.label,
        seconds: Double(elapsed) * logical.physical.timestampNanoseconds * 1e-9,
        arithmetic: step.arithmetic)
    }
  }
}
