/// How densely generated points lie among real ones, and how many real ones they reach.
///
/// With r(x) the distance of a real point x to its k-th nearest real neighbour:
///
///     density  = 1/(k·M) Σ over generated y of the number of real x with |x - y| ≤ r(x)
///     coverage = 1/N · the number of real x that have a generated y with |x - y| ≤ r(x)
///
/// Samples of the real distribution reach a density of 1 on average, however many they are. Their
/// coverage is near 1 - (N / (N + M))^k, which grows with M: 1 - 2^-k at M = N. So that samples of
/// unequal sizes compare, coverage can be that of m ≤ M points: the mean over all choices of m among
/// the M. Where h of the M are within r(x), a part
///
///     C(M - h, m) / C(M, m)
///
/// of the choices misses x.
///
/// Source: Naeem et al., "Reliable fidelity and diversity metrics for generative models" (2020).
public struct DensityCoverage: Sendable, Hashable, Codable {
  /// Above 1 where generated points crowd.
  public var density: Double
  /// 0...1.
  public var coverage: Double

  /// Compares points.
  ///
  /// - Parameters:
  ///   - real: The points to reach.
  ///   - generated: The points that are judged; all of them count for the density.
  ///   - neighbours: k; lowered where there are not as many real points.
  ///   - count: m, the generated points that coverage is by; all of them by default.
  public init(
    real: [[Double]], generated: [[Double]], neighbours: Int = 5, coveringBy count: Int? = nil
  ) {
    let chosen = count ?? generated.count
    precondition(
      real.count > 1 && neighbours > 0 && chosen > 0 && chosen <= generated.count,
      "DensityCoverage: \(real.count) real points, \(chosen) of \(generated.count) generated")
    let k = min(neighbours, real.count - 1)
    var hits = 0
    var covered = 0.0
    for (index, x) in real.enumerated() {
      var distances: [Double] = []
      for (other, y) in real.enumerated() where other != index {
        distances.append(squaredDistance(x, y))
      }
      distances.sort()
      let radius = distances[k - 1]
      let inside = generated.count { squaredDistance(x, $0) <= radius }
      hits += inside
      covered += 1 - Self.partWithout(inside, of: generated.count, choosing: chosen)
    }
    density = Double(hits) / Double(k * generated.count)
    coverage = covered / Double(real.count)
  }

  /// The part of all choices of `chosen` among `count` points that has none of `inside` of these.
  private static func partWithout(_ inside: Int, of count: Int, choosing chosen: Int) -> Double {
    guard inside <= count - chosen else { return 0 }
    var part = 1.0
    for index in 0..<inside { part *= Double(count - chosen - index) / Double(count - index) }
    return part
  }
}

/// |x - y|².
func squaredDistance(_ x: [Double], _ y: [Double]) -> Double {
  var sum = 0.0
  for index in x.indices { sum += (x[index] - y[index]) * (x[index] - y[index]) }
  return sum
}
