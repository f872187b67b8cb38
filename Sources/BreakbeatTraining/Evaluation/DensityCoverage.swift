/// How densely generated points lie among real ones, and how many real ones they reach.
///
/// With r(x) the distance of a real point x to its k-th nearest real neighbour:
///
///     density  = 1/(k·M) Σ over generated y of the number of real x with |x - y| ≤ r(x)
///     coverage = 1/N · the number of real x that have a generated y with |x - y| ≤ r(x)
///
/// Samples of the real distribution reach a density near 1 and a coverage near 1 - 2^-k at M = N.
///
/// Source: Naeem et al., "Reliable fidelity and diversity metrics for generative models" (2020).
public struct DensityCoverage: Sendable, Hashable, Codable {
  /// Above 1 where generated points crowd.
  public var density: Double
  /// 0...1.
  public var coverage: Double

  /// Compares points; `neighbours` is lowered where there are not as many real ones.
  public init(real: [[Double]], generated: [[Double]], neighbours: Int = 5) {
    precondition(
      real.count > 1 && !generated.isEmpty && neighbours > 0,
      "DensityCoverage: \(real.count) real points, \(generated.count) generated")
    let k = min(neighbours, real.count - 1)
    var hits = 0
    var covered = 0
    for (index, x) in real.enumerated() {
      var distances: [Double] = []
      for (other, y) in real.enumerated() where other != index {
        distances.append(squaredDistance(x, y))
      }
      distances.sort()
      let radius = distances[k - 1]
      let inside = generated.count { squaredDistance(x, $0) <= radius }
      hits += inside
      covered += inside > 0 ? 1 : 0
    }
    density = Double(hits) / Double(k * generated.count)
    coverage = Double(covered) / Double(real.count)
  }
}

/// |x - y|².
func squaredDistance(_ x: [Double], _ y: [Double]) -> Double {
  var sum = 0.0
  for index in x.indices { sum += (x[index] - y[index]) * (x[index] - y[index]) }
  return sum
}
