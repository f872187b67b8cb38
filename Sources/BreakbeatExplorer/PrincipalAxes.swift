internal import Breakbeats

/// The principal axes of a Gaussian: for models whose file describes no directions.
enum PrincipalAxes {
  /// The widest axes of the covariance L·Lᵀ, by power iteration with deflation.
  ///
  /// The sign of each is chosen so that its largest component is positive. Cost: O(n²) a step, 200
  /// steps an axis.
  static func directions(of gaussian: LatentGaussian, count: Int) -> [LatentSpace.Direction] {
    let size = gaussian.count
    let factor = gaussian.factor.map(Double.init)
    var axes: [[Double]] = []
    var directions: [LatentSpace.Direction] = []
    for number in 0..<min(count, size) {
      // A start with a part of every axis, the same every time.
      var axis = (0..<size).map { 1 + 0.1 * Double(($0 * 7 + number * 3) % 11) }
      var variance = 0.0
      for _ in 0..<200 {
        var product = multiply(factor, transposed: true, axis)
        product = multiply(factor, transposed: false, product)
        for known in axes {
          let share = dot(product, known)
          for index in 0..<size { product[index] -= share * known[index] }
        }
        variance = dot(product, product).squareRoot()
        guard variance > 1e-12 else { return directions }
        axis = product.map { $0 / variance }
      }
      let largest = axis.max { abs($0) < abs($1) } ?? 1
      if largest < 0 { axis = axis.map { -$0 } }
      axes.append(axis)
      directions.append(
        LatentSpace.Direction(
          name: "direction \(number + 1)", vector: axis.map(Float.init),
          spread: Float(variance.squareRoot())))
    }
    return directions
  }

  /// L·x, or Lᵀ·x, of a lower triangle.
  private static func multiply(
    _ factor: [Double], transposed: Bool, _ vector: [Double]
  ) -> [Double] {
    let size = vector.count
    var result = [Double](repeating: 0, count: size)
    for row in 0..<size {
      for column in 0...row {
        let value = factor[row * size + column]
        if transposed {
          result[column] += value * vector[row]
        } else {
          result[row] += value * vector[column]
        }
      }
    }
    return result
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
