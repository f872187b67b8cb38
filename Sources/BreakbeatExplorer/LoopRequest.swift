/// A loop that the page asks for.
///
/// | parameter | meaning |
/// |---|---|
/// | `seed` | the base: the first loop that `vamen sample --seed` draws |
/// | `item` | the base: a training item of the map, instead of a seed |
/// | `offsets` | steps along directions from the base, in standard deviations: `1:0.5,3:-2` |
/// | `toSeed`, `toItem`, `toOffsets` | the point to morph to |
/// | `morph` | how far on the way there, 0 to 1 |
/// | `bpm` | the tempo; the model's own if absent |
/// | `iterations` | of phase retrieval, 0 to 200; 32 if absent |
package struct LoopRequest: Hashable, Sendable {
  /// A point of the latent space.
  struct Point: Hashable, Sendable {
    /// Where it starts.
    enum Base: Hashable, Sendable {
      case seed(UInt64)
      case item(Int)
    }
    var base: Base
    /// Steps along directions, by number from 1.
    var offsets: [Int: Double]
  }

  var from: Point
  var to: Point?
  var morph: Double
  var beatsPerMinute: Double?
  var iterations: Int

  /// Reads a request's parameters.
  package init(_ parameters: [(name: String, value: String)]) throws(ExplorerError) {
    var values: [String: String] = [:]
    for (name, value) in parameters {
      guard Self.names.contains(name) else {
        throw ExplorerError(.badRequest, "There is no parameter of this name")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw ExplorerError(.badRequest, "\(name) is given twice")
      }
    }
    guard let from = try Self.point(values["seed"], values["item"], values["offsets"]) else {
      throw ExplorerError(.badRequest, "A loop needs a seed or an item")
    }
    self.from = from
    to = try Self.point(values["toSeed"], values["toItem"], values["toOffsets"])
    morph = try Self.number(values["morph"], "morph", 0...1) ?? 0
    beatsPerMinute = try Self.number(values["bpm"], "bpm", 1...1000)
    iterations = Int(try Self.number(values["iterations"], "iterations", 0...200) ?? 32)
  }

  private static let names: Set<String> = [
    "seed", "item", "offsets", "toSeed", "toItem", "toOffsets", "morph", "bpm", "iterations",
  ]

  private static func point(
    _ seed: String?, _ item: String?, _ offsets: String?
  ) throws(ExplorerError) -> Point? {
    switch (seed, item) {
    case (nil, nil): return nil
    case (let seed?, nil):
      guard let number = UInt64(seed) else {
        throw ExplorerError(.badRequest, "A seed is a whole number from 0 to 2^64 - 1")
      }
      return Point(base: .seed(number), offsets: try Self.offsets(offsets ?? ""))
    case (nil, let item?):
      guard let number = Int(item) else {
        throw ExplorerError(.badRequest, "An item is a whole number")
      }
      return Point(base: .item(number), offsets: try Self.offsets(offsets ?? ""))
    default: throw ExplorerError(.badRequest, "A point has a seed or an item, not both")
    }
  }

  private static func offsets(_ text: String) throws(ExplorerError) -> [Int: Double] {
    var result: [Int: Double] = [:]
    for part in text.split(separator: ",") {
      let pair = part.split(separator: ":", omittingEmptySubsequences: false)
      guard pair.count == 2, let direction = Int(pair[0]), let step = Double(pair[1]),
        direction >= 1, abs(step) <= 20, result.updateValue(step, forKey: direction) == nil
      else {
        throw ExplorerError(
          .badRequest, "Offsets are direction:step pairs, each direction once, steps within 20")
      }
    }
    return result.filter { $0.value != 0 }
  }

  private static func number(
    _ text: String?, _ name: String, _ range: ClosedRange<Double>
  ) throws(ExplorerError) -> Double? {
    guard let text else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw ExplorerError(
        .badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
