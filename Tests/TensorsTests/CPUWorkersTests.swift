import Dispatch
import Synchronization
import Tensors
import Testing

@Suite("CPU workers")
struct CPUWorkersTests {
  /// Adds the indices that a loop calls, each with the count of the loop.
  private func sum(_ count: Int, on workers: CPUWorkers) -> Int {
    let sum = Atomic(0)
    workers.forEach(count) { sum.add($0 + 1, ordering: .relaxed) }
    return sum.load(ordering: .relaxed)
  }

  @Test("every index once, loop after loop")
  func manyLoops() {
    let workers = CPUWorkers()
    for count in (0..<2000).map({ $0 % 41 }) {
      #expect(sum(count, on: workers) == count * (count + 1) / 2)
    }
  }

  @Test("loops within loops and from several threads at a time")
  func sharedThreads() {
    let workers = CPUWorkers()
    let wrong = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<200 {
        workers.forEach(8) { _ in
          if sum(9, on: workers) != 45 { wrong.add(1, ordering: .relaxed) }
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test("helpers that fell asleep wake up")
  func sleep() async throws {
    let workers = CPUWorkers()
    for _ in 0..<20 {
      try await Task.sleep(for: .milliseconds(2))
      #expect(sum(100, on: workers) == 5050)
    }
  }
}
