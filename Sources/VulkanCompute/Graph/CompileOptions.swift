/// How a graph is compiled.
public struct CompileOptions: Sendable {
  /// Measures the time of each step, for ``CompiledGraph/timings()``. Steps then wait for each
  /// other, so the total is longer than without.
  public var timestamps = false
  /// Measures how long kernels run between each two barriers, for ``CompiledGraph/activity()``.
  /// Steps overlap as without; not together with ``timestamps``.
  public var groupTimestamps = false
  /// Seconds of work after which a new submission starts, so that none nears the time after which
  /// some systems reset a device (2 s) and the desktop goes on drawing. Nil: the device's
  /// ``Device/Options/secondsPerSubmission``.
  ///
  /// Estimated for the first run from arithmetic, bytes and what earlier programs measured on the
  /// device; then measured. A dispatch that is estimated to last longer alone is run in parts, some
  /// of its workgroups each, with the same result. What cannot be cut (a single workgroup, a kernel
  /// that looks at `gl_NumWorkGroups` of a grid that is not ``WorkgroupCount/covering(_:by:)``, a
  /// copy) is a submission of its own and is named in ``CompiledGraph/notes``.
  public var secondsPerSubmission: Double?
  /// Seconds that a submission may make no progress before waiting for it fails. Nil: 60, and 900
  /// on software devices.
  public var patience: Double?
  /// Whether a run ends with a `CancellationError` between two steps when its task is cancelled;
  /// its results are then undefined. Heeded by backends that run the steps themselves: what a Vulkan
  /// device was given, it finishes. Not for programs that change variables.
  public var stopsWhenCancelled = false
  /// Permutes steps between barriers; for tests.
  package var shuffleSeed: UInt64?

  /// The usual options.
  public init() {}
}
