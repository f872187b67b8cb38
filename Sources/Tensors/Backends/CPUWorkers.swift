import CMatrix

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Threads for the loops of the CPU backend: the caller's and a fixed set of helpers.
///
/// Work is cut into pieces that do not depend on the number of threads, so results do not either.
public struct CPUWorkers: Sendable {
  /// Pieces that run at the same time.
  public let threadCount: Int
  private let helpers: Helpers
  private let scratch = CPUScratch()

  /// As many threads as the machine has processors, or fewer.
  public init(threadCount: Int? = nil) {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    self.threadCount = max(1, min(threadCount ?? processors, processors, Self.most))
    helpers = Helpers(count: self.threadCount - 1)
  }

  /// More than any machine of today; the count of those that help has 15 bits.
  private static let most = 1 << 12

  /// Calls `body` with 0 ..< `count`, several at a time, and returns when all calls have. Callers
  /// write to disjoint memory for different indices.
  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1, let threads = helpers.threads else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) {
        cmatrix_threads_run(
          threads, count,
          { context, index in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
          }, $0)
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

/// Owns the threads. Unchecked: they take one loop at a time, from whatever thread.
private final class Helpers: @unchecked Sendable {
  let threads: OpaquePointer?

  init(count: Int) { threads = count > 0 ? cmatrix_threads_create(Int32(count)) : nil }

  deinit { if let threads { cmatrix_threads_destroy(threads) } }
}
