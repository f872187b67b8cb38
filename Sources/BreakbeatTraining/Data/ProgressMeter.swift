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
    var completed = 0
    var lastReport: ContinuousClock.Instant
  }

  private let count: Int
  private let report: (@Sendable (PreparationProgress) -> Void)?
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  init(count: Int, report: (@Sendable (PreparationProgress) -> Void)?) {
    self.count = count
    self.report = report
    let now = ContinuousClock.now
    start = now
    state = Mutex(State(lastReport: now))
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
      let rate = Double(state.completed) / max(1e-9, (now - start) / .seconds(1))
      report(
        PreparationProgress(
          completed: state.completed, count: count, itemsPerSecond: rate,
          remainingSeconds: Double(count - state.completed) / rate))
    }
  }
}
