/// What a graph costs.
public struct GraphReport: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The graph's name.
  public var label: String
  /// Kernels run.
  public var dispatches: Int
  /// Copies and fills.
  public var copies: Int
  /// Barriers between steps, without the one at the start and the one at the end.
  public var barriers: Int
  /// Submissions that a run is cut into.
  public var submissions: Int
  /// Device memory for transients, with sharing.
  public var arenaByteCount: Int
  /// Device memory that the transients would take without sharing.
  public var unaliasedByteCount: Int
  /// Memory of buffers from outside and of those that the graph keeps between runs.
  public var externalByteCount: Int
  /// Estimated arithmetic operations.
  public var arithmetic: Double
  /// Multiplications of matrix products and convolutions by the textbook.
  public var multiplications: Double
  /// Multiplications that their kernels execute, those beyond the edges of tiles included.
  public var executedMultiplications: Double

  /// One line.
  public var description: String {
    "\(label): \(dispatches) dispatches, \(copies) copies, \(barriers) barriers, "
      + "\(submissions) submissions, \(mebibytes(arenaByteCount)) of transients "
      + "(\(mebibytes(unaliasedByteCount)) unshared), \(mebibytes(externalByteCount)) external, "
      + "\(Int((arithmetic / 1e6).rounded())) MFLOP"
  }
}

extension CompiledGraph {
  /// What the graph costs.
  public var report: GraphReport {
    var report = plan.report
    report.submissions = submissionCount
    return report
  }
}

extension GraphPlan {
  package var report: GraphReport {
    let dispatches = steps.count { if case .dispatch = $0.command { true } else { false } }
    return GraphReport(
      label: label, dispatches: dispatches, copies: steps.count - dispatches,
      barriers: steps.count { $0.needsBarrier },
      submissions: Self.submissions(of: pieceSeconds, lasting: secondsPerSubmission).count,
      arenaByteCount: arenaByteCount,
      unaliasedByteCount: unaliasedByteCount,
      externalByteCount: externals.joined().reduce(0) { $0 + $1.byteCount }
        + owned.reduce(0) { $0 + $1.byteCount * $1.count },
      arithmetic: steps.reduce(0) { $0 + $1.arithmetic },
      multiplications: steps.reduce(0) {
        $0 + ($1.executedMultiplications > 0 ? $1.arithmetic / 2 : 0)
      },
      executedMultiplications: steps.reduce(0) { $0 + $1.executedMultiplications })
  }
}
