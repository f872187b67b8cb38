/// Does work of equal keys once for all who ask for it at a time.
package actor SharedWork<Key: Hashable & Sendable, Value: Sendable> {
  private struct Work {
    let task: Task<Value, any Error>
    var waiting: Set<Int> = []
  }

  private var works: [Key: Work] = [:]
  private var lastWaiter = 0

  /// Nothing to do yet.
  package init() {}

  /// What work returns or throws: that which goes on for the key, or else the one given.
  ///
  /// Work goes on while one of those who wait is not cancelled; with the last it is cancelled, and
  /// who asks after that begins anew. All wait until it has ended.
  package func value(
    of key: Key, _ work: @Sendable @escaping () async throws -> Value
  ) async throws -> Value {
    lastWaiter += 1
    let waiter = lastWaiter
    let task = join(key, waiter, work)
    defer { leave(key, waiter) }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      Task { await leave(key, waiter) }
    }
  }

  /// How many wait for a key and are not cancelled, for tests.
  package func waiterCount(of key: Key) -> Int { works[key]?.waiting.count ?? 0 }

  private func join(
    _ key: Key, _ waiter: Int, _ work: @Sendable @escaping () async throws -> Value
  ) -> Task<Value, any Error> {
    var joined = works[key] ?? Work(task: Task { try await work() })
    joined.waiting.insert(waiter)
    works[key] = joined
    return joined.task
  }

  private func leave(_ key: Key, _ waiter: Int) {
    guard works[key]?.waiting.remove(waiter) != nil, works[key]?.waiting.isEmpty == true else {
      return
    }
    works.removeValue(forKey: key)?.task.cancel()
  }
}
