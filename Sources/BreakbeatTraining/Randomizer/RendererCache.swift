import Synchronization

/// Breaks fitted to the grid, made when they are first needed; the oldest go when there is no room.
final class RendererCache: Sendable {
  private struct State {
    var renderers: [Int: LoopRenderer] = [:]
    var order: [Int] = []
    var byteCount = 0
  }

  private static let capacity = 256 << 20
  private let state = Mutex(State())

  /// The renderer of a break. Two threads may make the same one at the same time: it is the same.
  func renderer(
    _ index: Int, make: () throws(TrainingDataError) -> LoopRenderer
  ) throws(TrainingDataError) -> LoopRenderer {
    if let known = state.withLock({ $0.renderers[index] }) { return known }
    let made = try make()
    state.withLock { state in
      guard state.renderers.updateValue(made, forKey: index) == nil else { return }
      state.order.append(index)
      state.byteCount += made.byteCount
      while state.byteCount > Self.capacity, state.order.count > 1 {
        let oldest = state.order.removeFirst()
        state.byteCount -= state.renderers.removeValue(forKey: oldest)?.byteCount ?? 0
      }
    }
    return made
  }
}
