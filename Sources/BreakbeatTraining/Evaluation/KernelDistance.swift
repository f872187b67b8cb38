/// How far apart two samples' distributions are: the squared maximum mean discrepancy under the
/// kernel k(x, y) = (x·y / d + 1)³, d numbers each.
///
///     MMD² = mean k(x, x') + mean k(y, y') - 2 mean k(x, y)       pairs x ≠ x', y ≠ y'
///
/// The estimate is unbiased: 0 on average for samples of one distribution, and below 0 about half
/// the time then. The error is the jackknife's (leave one out), over both samples.
///
/// **Cost** (m + n)² products of d numbers.
///
/// Sources: Gretton et al., "A kernel two-sample test" (2012), lemma 6; Bińkowski et al.,
/// "Demystifying MMD GANs" (2018).
public struct KernelDistance: Sendable, Hashable, Codable {
  /// MMD².
  public var value: Double
  /// Its standard error.
  public var standardError: Double

  /// The distance of two samples of at least three points each.
  public init(between first: [[Double]], and second: [[Double]]) {
    precondition(
      first.count > 2 && second.count > 2,
      "KernelDistance: samples of \(first.count) and \(second.count)")
    let (m, n) = (Double(first.count), Double(second.count))
    let within = Self.rowSums(first)
    let withinSecond = Self.rowSums(second)
    var across = [Double](repeating: 0, count: first.count)
    var acrossSecond = [Double](repeating: 0, count: second.count)
    for (row, x) in first.enumerated() {
      for (column, y) in second.enumerated() {
        let k = Self.kernel(x, y)
        across[row] += k
        acrossSecond[column] += k
      }
    }
    let (sumX, sumY) = (within.reduce(0, +), withinSecond.reduce(0, +))
    let sumXY = across.reduce(0, +)
    value = sumX / (m * (m - 1)) + sumY / (n * (n - 1)) - 2 * sumXY / (m * n)
    let withoutX = first.indices.map { index in
      (sumX - 2 * within[index]) / ((m - 1) * (m - 2)) + sumY / (n * (n - 1))
        - 2 * (sumXY - across[index]) / ((m - 1) * n)
    }
    let withoutY = second.indices.map { index in
      sumX / (m * (m - 1)) + (sumY - 2 * withinSecond[index]) / ((n - 1) * (n - 2))
        - 2 * (sumXY - acrossSecond[index]) / (m * (n - 1))
    }
    standardError = (Self.jackknife(withoutX) + Self.jackknife(withoutY)).squareRoot()
  }

  /// k(x, y).
  static func kernel(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for index in x.indices { sum += x[index] * y[index] }
    let base = sum / Double(max(1, x.count)) + 1
    return base * base * base
  }

  /// Σ k(x, x') over the others, for each x.
  private static func rowSums(_ points: [[Double]]) -> [Double] {
    var sums = [Double](repeating: 0, count: points.count)
    for row in points.indices {
      for column in 0..<row {
        let k = kernel(points[row], points[column])
        sums[row] += k
        sums[column] += k
      }
    }
    return sums
  }

  /// (n - 1)/n Σ (θ without i - their mean)².
  private static func jackknife(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    return (count - 1) / count * values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }
}
