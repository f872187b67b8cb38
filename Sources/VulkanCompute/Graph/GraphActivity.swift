/// How much of a run the device spent in kernels.
public struct GraphActivity: Sendable, Hashable, Codable {
  /// Seconds in which kernels or copies ran, overlapping ones counted once.
  public var kernelSeconds: Double
  /// Seconds from the first kernel's start to the last one's end: barriers, and the pauses between
  /// submissions, are the rest.
  public var spanSeconds: Double

  /// An activity.
  public init(kernelSeconds: Double, spanSeconds: Double) {
    self.kernelSeconds = kernelSeconds
    self.spanSeconds = spanSeconds
  }
}

extension CompiledGraph {
  /// What the device did in the last run that has been waited for; the graph was compiled with
  /// ``CompileOptions/groupTimestamps``.
  ///
  /// The device notes the time when it reaches a group of steps behind a barrier and when the
  /// group's last step has finished. What it spends at the barriers themselves (draining, caches,
  /// launching) lies between an end and the next start.
  public func activity() throws -> GraphActivity {
    guard let timestamps = resources.timestamps else {
      preconditionFailure("\(name) was compiled without timestamps")
    }
    let times = try timestamps.times(doing: name)
    var (kernels, end) = (0.0, times[0])
    for group in stride(from: 0, to: times.count, by: 2) {
      // A device that looks ahead may note a start before the group in front has ended.
      kernels += max(0, times[group + 1] - max(times[group], end))
      end = max(end, times[group + 1])
    }
    return GraphActivity(kernelSeconds: kernels, spanSeconds: end - times[0])
  }
}
