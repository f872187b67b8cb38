internal import Tensors

/// In which order a run sees the training pictures: a new shuffle every epoch, a pure function of
/// seed and step, so that resuming needs no state.
struct PictureOrder: Sendable {
  let items: [Int]
  let batchSize: Int
  let seed: UInt64

  /// Positions of the shuffles in the seed's random streams, away from those of weights and noise.
  private static let stream: UInt64 = 0x6f72_6465_7200_0000

  /// The items of one step; a batch may span two epochs.
  func items(at step: Int) -> [Int] {
    var batch: [Int] = []
    var position = step * batchSize
    while batch.count < batchSize {
      let (epoch, first) = position.quotientAndRemainder(dividingBy: items.count)
      let shuffled = shuffle(epoch)
      let count = min(batchSize - batch.count, items.count - first)
      batch += shuffled[first..<first + count]
      position += count
    }
    return batch
  }

  /// Fisher-Yates.
  private func shuffle(_ epoch: Int) -> [Int] {
    var random = PhiloxStream(seed: seed, stream: Self.stream &+ UInt64(epoch))
    var shuffled = items
    for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
      shuffled.swapAt(index, random.integer(below: index + 1))
    }
    return shuffled
  }
}
