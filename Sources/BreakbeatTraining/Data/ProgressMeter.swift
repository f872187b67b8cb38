import Synchronization

/// Hands out 0, 1, 2 … to any number of threads.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  /// The next number.
  func take() -> Int {
    value.wrappingAdd(1, ordering: .relaxed).oldValue
  }
}

/// Counts finished items and reports a few times a second.
final class ProgressMeter: Sendable {
  private struct State {
    var completed: Int
    var lastReport: ContinuousClock.Instant
  }

  private let count: Int
  private let kept: Int
  private let report: (@Sendable (PreparationProgress) -> Void)?
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  /// - Parameter kept: items that were done before.
  init(
    count: Int, completed kept: Int, report: (@Sendable (PreparationProgress) -> Void)?
  ) {
    self.count = count
    self.kept = kept
    self.report = report
    let now = ContinuousClock.now
    start = now
    state = Mutex(State(completed: kept, lastReport: now))
  }

  /// One more item is done.
  func advance() {
    guard let report else { return }
    state.withLock { state in
      state.completed += 1
      let now = ContinuousClock.now
      let isLast = state.completed == count
      guard isLast || now - state.lastReport > .milliseconds(200) else { return }
      state.lastReport = now
      let rate = Double(state.completed - kept) / max(1e-9, (now - start) / .seconds(1))
      report(
        PreparationProgress(
          completed: state.completed, count: count, itemsPerSecond: rate,
          remainingSeconds: Double(count - state.completed) / rate))
    }
  }
}
