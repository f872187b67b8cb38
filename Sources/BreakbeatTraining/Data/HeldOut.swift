import Tensors

/// Which items are kept out of training.
public struct HeldOut: Sendable, Hashable, Codable {
  /// What is held out as a whole.
  public enum Unit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Single items, evenly spread: the model has heard their breaks.
    case item
    /// All items of some breaks: the model has never heard them.
    case source
  }

  /// The share held out, at least one unless it is 0.
  public var fraction: Double
  /// What is held out as a whole.
  public var unit: Unit

  /// A share of items or of sources.
  public init(fraction: Double = 0.05, by unit: Unit = .item) {
    self.fraction = fraction
    self.unit = unit
  }

  /// Refuses a share that leaves nothing to train with.
  func check(sourceCount: Int) throws(TrainingDataError) {
    guard (0...0.9).contains(fraction) else {
      throw TrainingDataError(
        .invalidSettings, "a held-out share of \(fraction)", remedy: "give a share of 0 to 0.9")
    }
    guard unit == .item || fraction == 0 || sourceCount > 1 else {
      throw TrainingDataError(
        .invalidSettings, "one source cannot be split by source",
        remedy: "add sources, or hold out items")
    }
  }

  /// How many of a number of things are held out.
  func count(of total: Int) -> Int {
    guard fraction > 0, total > 1 else { return 0 }
    return min(total - 1, max(1, Int((Double(total) * fraction).rounded())))
  }

  /// Whether an item is held out, by its number and its source's.
  func test(
    itemCount: Int, sourceCount: Int, seed: UInt64
  ) -> @Sendable (_ item: Int, _ source: Int) -> Bool {
    switch unit {
    case .item:
      let heldOut = count(of: itemCount)
      return { item, _ in (item + 1) * heldOut / itemCount > item * heldOut / itemCount }
    case .source:
      // Fisher-Yates, in a stream of its own.
      var random = PhiloxStream(seed: seed, stream: 0x686f_6c64_0000_0000)
      var order = Array(0..<sourceCount)
      for index in stride(from: sourceCount - 1, to: 0, by: -1) {
        order.swapAt(index, random.integer(below: index + 1))
      }
      let sources = Set(order.prefix(count(of: sourceCount)))
      return { _, source in sources.contains(source) }
    }
  }
}
