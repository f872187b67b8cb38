import BreakbeatExplorer
import Testing

/// Work that several ask for at a time. The limit is for what hangs: other tests keep threads busy.
@Suite(.timeLimit(.minutes(10))) struct SharedWorkTests {
  /// Work that ends when it is let go; counts how often it was begun.
  private actor HeldWork {
    private(set) var count = 0
    private var isHeld = true

    func letGo() { isHeld = false }

    func run() async throws -> Int {
      count += 1
      let number = count
      while isHeld { try await Task.sleep(for: .milliseconds(1)) }
      return number
    }
  }

  private let shared = SharedWork<String, Int>()
  private let work = HeldWork()

  private func callers(_ count: Int, of key: String) -> [Task<Int, any Error>] {
    (0..<count).map { _ in
      Task { [shared, work] in try await shared.value(of: key) { try await work.run() } }
    }
  }

  private func waitUntil(_ count: Int, waitFor key: String) async throws {
    while await shared.waiterCount(of: key) != count {
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  @Test func equalKeysShareOne() async throws {
    let first = callers(40, of: "a")
    try await waitUntil(40, waitFor: "a")
    await work.letGo()
    for caller in first { #expect(try await caller.value == 1) }
    #expect(try await callers(1, of: "a")[0].value == 2)
  }

  @Test func othersHaveTheirOwn() async throws {
    let callers = callers(1, of: "a") + callers(1, of: "b")
    try await waitUntil(1, waitFor: "a")
    try await waitUntil(1, waitFor: "b")
    await work.letGo()
    var values: Set<Int> = []
    for caller in callers { values.insert(try await caller.value) }
    #expect(values == [1, 2])
  }

  @Test func itGoesOnForThoseWhoStay() async throws {
    let callers = callers(2, of: "a")
    try await waitUntil(2, waitFor: "a")
    callers[0].cancel()
    try await waitUntil(1, waitFor: "a")
    await work.letGo()
    #expect(try await callers[1].value == 1)
  }

  @Test func theLastWhoLeavesEndsIt() async throws {
    let first = callers(2, of: "a")
    try await waitUntil(2, waitFor: "a")
    for caller in first { caller.cancel() }
    for caller in first {
      await #expect(throws: CancellationError.self) { _ = try await caller.value }
    }
    await work.letGo()
    #expect(try await callers(1, of: "a")[0].value > 0)
  }
}
