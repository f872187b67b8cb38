/// Brings features to mean 0 and standard deviation 1 over a reference sample, so that none counts
/// more for its unit.
struct Standardization {
  /// Spreads below this count as this: all features are of the order of 1, and one that hardly
  /// varies in the reference must not drown the others.
  static let leastSpread = 0.01

  private let means: [Double]
  private let spreads: [Double]

  /// The means and spreads of a reference.
  init(of reference: [[Double]]) {
    let count = Double(max(1, reference.count))
    let width = reference.first?.count ?? 0
    let means = (0..<width).map { column in reference.reduce(0) { $0 + $1[column] } / count }
    self.means = means
    spreads = (0..<width).map { column in
      let squares = reference.reduce(0) {
        $0 + ($1[column] - means[column]) * ($1[column] - means[column])
      }
      return max(Self.leastSpread, (squares / count).squareRoot())
    }
  }

  /// Standardized points.
  func callAsFunction(_ points: [[Double]]) -> [[Double]] {
    points.map { point in
      point.indices.map { (point[$0] - means[$0]) / spreads[$0] }
    }
  }
}
