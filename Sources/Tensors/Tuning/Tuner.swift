/// Chooses the fastest tile for each product by measuring.
///
/// The rule's tile is the reference. Another candidate is chosen only if it compiles, if its result
/// is the reference's within the bound of sums in another order, and if it is faster. Candidates
/// that fail are skipped, and said so; nothing that a tuner does can make a result wrong.
///
/// How a candidate is measured is a function, so that tests can choose the times.
package struct Tuner {
  /// A candidate's time and how its result differs from the reference's.
  package struct Measurement: Sendable, Hashable {
    /// Seconds, the median of several runs.
    package var seconds: Double
    /// The largest difference, as part of the largest value of the reference; NaN where a result is
    /// not a number.
    package var difference: Double

    /// A measurement.
    package init(seconds: Double, difference: Double) {
      self.seconds = seconds
      self.difference = difference
    }
  }

  /// Measures a candidate; the first call for a problem is for the reference.
  package typealias Measure = (ProductProblem, ProductTile) throws -> Measurement

  /// The tiles to try for a problem, the rule's first.
  package var candidates: (ProductProblem) -> [ProductTile]
  /// Measures one of them.
  package var measure: Measure
  /// Whether there is time for another measurement.
  package var hasTime: () -> Bool
  /// How much faster than the rule's a tile must be: clocks and neighbours disturb by a few percent.
  package var leastGain = 0.03

  /// A tuner.
  package init(
    candidates: @escaping (ProductProblem) -> [ProductTile], hasTime: @escaping () -> Bool,
    measure: @escaping Measure
  ) {
    self.candidates = candidates
    self.hasTime = hasTime
    self.measure = measure
  }

  /// The largest relative difference between sums of `depth` terms in two orders: twice the square
  /// root of the number of roundings, of numbers that are at most a few times the result's
  /// deviation, and never less than a few units in the last place.
  package static func bound(depth: Int) -> Double {
    2 * Double(Float.ulpOfOne) * max(8, Double(depth).squareRoot())
  }

  /// Chooses for one problem.
  ///
  /// - Parameters:
  ///   - problem: The product.
  ///   - finishes: Whether the candidates are tried to the end, once the reference was in time.
  /// - Returns: `nil` when time ran out before every candidate was tried, or when the reference
  ///   itself cannot be measured.
  package func choose(for problem: ProductProblem, finishes: Bool = false) -> TunedProduct? {
    var tuned: TunedProduct?
    for tile in candidates(problem) {
      guard tuned != nil && finishes || hasTime() else { return nil }
      do {
        let measurement = try measure(problem, tile)
        guard measurement.seconds.isFinite, measurement.seconds > 0 else {
          // Nothing may take the reference's place: results are held against it.
          if tuned == nil { return nil }
          tuned?.notes.append("\(tile): measured as \(measurement.seconds) s; not used")
          continue
        }
        guard let reference = tuned else {
          tuned = TunedProduct(
            problem: problem, tile: tile, seconds: measurement.seconds,
            ruleSeconds: measurement.seconds)
          continue
        }
        guard measurement.difference <= Self.bound(depth: problem.depth) else {
          tuned?.notes.append(
            "\(tile): differs by \(measurement.difference), more than "
              + "\(Self.bound(depth: problem.depth)); not used")
          continue
        }
        if measurement.seconds < reference.seconds,
          measurement.seconds <= (1 - leastGain) * reference.ruleSeconds
        {
          tuned?.tile = tile
          tuned?.seconds = measurement.seconds
        }
      } catch {
        guard tuned != nil else { return nil }
        tuned?.notes.append("\(tile): \(error); not used")
      }
    }
    return tuned
  }
}

/// What tuning found for one product.
public struct TunedProduct: Sendable, Hashable, Codable {
  /// The product.
  public var problem: ProductProblem
  /// The tile that was chosen.
  public var tile: ProductTile
  /// Its seconds.
  public var seconds: Double
  /// Seconds of the tile that the rule would take.
  public var ruleSeconds: Double
  /// What was skipped, and why.
  public var notes: [String] = []

  /// A choice.
  public init(problem: ProductProblem, tile: ProductTile, seconds: Double, ruleSeconds: Double) {
    self.problem = problem
    self.tile = tile
    self.seconds = seconds
    self.ruleSeconds = ruleSeconds
  }
}
