import Synchronization

/// Memory that operations use while they run: packed weights, partial sums. It grows to what a
/// program needs in its first run and is then used again: later runs ask the system for none.
final class CPUScratch: Sendable {
  /// Unchecked: a block belongs to the pool or to the one operation that took it.
  private struct Block: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private let free = Mutex<[Block]>([])

  deinit {
    for block in free.withLock({ $0 }) { block.start.deallocate() }
  }

  /// Calls `body` with memory of arbitrary contents for `count` floats, aligned to 64 bytes.
  func with<Result>(count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    let block = take(byteCount: max(count, 1) * 4)
    defer { free.withLock { $0.append(block) } }
    return body(block.start.assumingMemoryBound(to: Float.self))
  }

  /// A free block that is large enough, or a new one in place of a free one that is too small.
  private func take(byteCount: Int) -> Block {
    let found = free.withLock { blocks -> Block? in
      if let index = blocks.firstIndex(where: { $0.byteCount >= byteCount }) {
        return blocks.remove(at: index)
      }
      return blocks.popLast()
    }
    if let found, found.byteCount >= byteCount { return found }
    found?.start.deallocate()
    return Block(
      start: .allocate(byteCount: byteCount, alignment: 64), byteCount: byteCount)
  }
}
