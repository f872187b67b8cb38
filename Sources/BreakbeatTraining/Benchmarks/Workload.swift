internal import Tensors
internal import VulkanCompute

/// Something to run again and again: programs, how often one run replays each, and the run.
struct Workload {
  var programs: [(program: Program, runs: Int)]
  var run: () throws -> Void

  /// Steps of the last run.
  func timings() throws -> [(timing: StepTiming, count: Int)] {
    try programs.flatMap { part in try part.program.timings().map { ($0, part.runs) } }
  }

  /// What the device did in the last run.
  func activity() throws -> GraphActivity { try programs.activity() }

  /// Seconds of several runs after two that do not count.
  func seconds(runs: Int) throws -> [Double] {
    for _ in 0..<2 { try run() }
    return try (0..<runs).map { _ in
      let start = ContinuousClock.now
      try run()
      return (ContinuousClock.now - start) / .seconds(1)
    }
  }
}

extension Array where Element == (program: Program, runs: Int) {
  /// What the device did in the last run of all of them.
  func activity() throws -> GraphActivity {
    try reduce(GraphActivity(kernelSeconds: 0, spanSeconds: 0)) { sum, part in
      let (own, runs) = (try part.program.activity(), Double(part.runs))
      return GraphActivity(
        kernelSeconds: sum.kernelSeconds + runs * own.kernelSeconds,
        spanSeconds: sum.spanSeconds + runs * own.spanSeconds)
    }
  }
}
