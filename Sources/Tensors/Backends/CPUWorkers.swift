import Dispatch
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Threads for the loops of the CPU backend.
///
/// Work is cut into pieces that do not depend on the number of threads, so results do not either.
public struct CPUWorkers: Sendable {
  /// Pieces that run at the same time.
  public let threadCount: Int
  private let scratch = CPUScratch()

  /// As many threads as the machine has processors, or fewer.
  public init(threadCount: Int? = nil) {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    self.threadCount = max(1, min(threadCount ?? processors, processors))
  }

  /// Calls `body` with 0 ..< `count`, several at a time, and returns when all calls have.
  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    let tasks = min(threadCount, count)
    guard tasks > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // Safe to share: `concurrentPerform` returns after the last call, and callers write to
      // disjoint memory for different indices.
      nonisolated(unsafe) let body = body
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: tasks) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          body(index)
        }
      }
    }
  }

  /// Calls `body` with consecutive ranges that cover 0 ..< `count`, each `grain` long but the last.
  public func forEachRange(_ count: Int, grain: Int = 16384, _ body: (Range<Int>) -> Void) {
    forEach((count + grain - 1) / grain) { piece in
      body(piece * grain..<min(count, (piece + 1) * grain))
    }
  }

  /// Calls `body` with memory for `count` floats, aligned to 64 bytes and of arbitrary contents.
  func withScratch<Result>(
    count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result
  ) -> Result {
    scratch.with(count: count, body)
  }
}
