/// Checks of this library on itself, for tests.
package struct SelfVerification: Sendable, Hashable {
  /// Every graph and every submission is checked for missing barriers: compiling or submitting
  /// throws a ``VulkanError`` of code `defect` that names the commands. Turned on by the
  /// environment's `VAMEN_VERIFY=1`.
  package var barriers = Platform.environment("VAMEN_VERIFY") == "1"
  /// Every run of a graph happens twice: with the steps between each two barriers permuted by this
  /// seed, over memory that held other bytes, and as recorded. Where the bits of any buffer differ,
  /// submitting throws a `defect`. Set by the environment's `VAMEN_SHUFFLE`.
  package var shuffleSeed = Platform.environment("VAMEN_SHUFFLE").flatMap { UInt64($0) }

  /// What the environment says.
  package init() {}
}
