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
///
/// Seeds, items, directions and iterations are digits and nothing else, the other numbers as
/// ``DecimalNumber`` has them. What is not understood is refused, and never rounded or left out.
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
    guard let from = try Self.point(values, "seed", "item", "offsets") else {
      throw ExplorerError(.badRequest, "A loop needs a seed or an item")
    }
    self.from = from
    to = try Self.point(values, "toSeed", "toItem", "toOffsets")
    if to == nil, let name = ["toOffsets", "morph"].first(where: { values[$0] != nil }) {
      throw ExplorerError(.badRequest, "\(name) needs toSeed or toItem")
    }
    morph = try Self.number(values, "morph", 0...1) ?? 0
    beatsPerMinute = try Self.number(values, "bpm", 1...1000)
    iterations = try Self.wholeNumber(values, "iterations", 0...200) ?? 32
  }

  private static let names: Set<String> = [
    "seed", "item", "offsets", "toSeed", "toItem", "toOffsets", "morph", "bpm", "iterations",
  ]

  private static func point(
    _ values: [String: String], _ seed: String, _ item: String, _ offsets: String
  ) throws(ExplorerError) -> Point? {
    let base: Point.Base
    switch (
      try wholeNumber(values, seed, 0...UInt64.max), try wholeNumber(values, item, 0...Int.max)
    ) {
    case (nil, nil): return nil
    case (let number?, nil): base = .seed(number)
    case (nil, let number?): base = .item(number)
    default: throw ExplorerError(.badRequest, "A point has \(seed) or \(item), not both")
    }
    return Point(base: base, offsets: try Self.offsets(values, offsets))
  }

  private static func offsets(
    _ values: [String: String], _ name: String
  ) throws(ExplorerError) -> [Int: Double] {
    guard let text = values[name], !text.isEmpty else { return [:] }
    var result: [Int: Double] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: ":", omittingEmptySubsequences: false)
      guard pair.count == 2, let direction = DecimalNumber.whole(pair[0], as: Int.self),
        let step = DecimalNumber.real(pair[1]), direction >= 1, abs(step) <= 20,
        result.updateValue(step, forKey: direction) == nil
      else {
        throw ExplorerError(
          .badRequest,
          "\(name) are direction:step pairs as in 1:0.5,3:-2, each direction once and a whole number "
            + "from 1, steps from -20 to 20")
      }
    }
    return result.filter { $0.value != 0 }
  }

  private static func wholeNumber<Number: FixedWidthInteger>(
    _ values: [String: String], _ name: String, _ range: ClosedRange<Number>
  ) throws(ExplorerError) -> Number? {
    guard let text = values[name] else { return nil }
    guard let number = DecimalNumber.whole(text, as: Number.self), range.contains(number) else {
      throw ExplorerError(
        .badRequest, "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func number(
    _ values: [String: String], _ name: String, _ range: ClosedRange<Int>
  ) throws(ExplorerError) -> Double? {
    guard let text = values[name] else { return nil }
    guard let number = DecimalNumber.real(text),
      Double(range.lowerBound) <= number, number <= Double(range.upperBound)
    else {
      throw ExplorerError(
        .badRequest,
        "\(name) is a decimal number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
