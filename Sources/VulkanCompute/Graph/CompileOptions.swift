/// How a graph is compiled.
public struct CompileOptions: Sendable {
  /// Measures the time of each step, for ``CompiledGraph/timings()``. Steps then wait for each
  /// other, so the total is longer than without.
  public var timestamps = false
  /// Estimated operations after which a new submission starts, so that none nears the time after
  /// which some systems reset a device (2 s). Nil: 2e11, and 2e9 on software devices.
  public var workPerSubmission: Double?
  /// Seconds that a submission may make no progress before waiting for it fails. Nil: 60, and 900
  /// on software devices.
  public var patience: Double?
  /// Permutes steps between barriers; for tests.
  package var shuffleSeed: UInt64?

  /// The usual options.
  public init() {}
}
