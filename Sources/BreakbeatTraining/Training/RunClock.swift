#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The two clocks of a run.
///
/// Rates and remaining times come from a clock that never jumps: neither when the system's time is
/// set nor while the machine sleeps. Dates are asked for once, and then moved on by that clock.
package struct RunClock: Sendable {
  /// Seconds since some moment; never fewer than before.
  package var seconds: @Sendable () -> Double
  /// Seconds since 1970 as the system has them; may jump.
  package var date: @Sendable () -> Double

  /// Clocks of one's own, for tests.
  package init(seconds: @escaping @Sendable () -> Double, date: @escaping @Sendable () -> Double) {
    self.seconds = seconds
    self.date = date
  }

  /// The system's clocks.
  package static let system: RunClock = {
    let origin = SuspendingClock.now
    return RunClock(
      seconds: { (SuspendingClock.now - origin) / .seconds(1) },
      date: { Date().timeIntervalSince1970 })
  }()

  /// Dates that never go back, whatever happens to the system's time.
  func dates(from earliest: Double = 0) -> @Sendable () -> Double {
    let (start, origin) = (max(date(), earliest), seconds())
    return { [seconds] in start + max(0, seconds() - origin) }
  }
}
