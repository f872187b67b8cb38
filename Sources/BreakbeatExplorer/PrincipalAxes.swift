internal import Breakbeats

/// The principal axes of a Gaussian: for models whose file describes no directions.
enum PrincipalAxes {
  /// The widest axes of the covariance L·Lᵀ: the principal directions of the points ±√n·l, l being
  /// the n columns of L, whose covariance it is.
  static func directions(of gaussian: LatentGaussian, count: Int) -> [LatentSpace.Direction] {
    let size = gaussian.count
    let scale = Float(size).squareRoot()
    let points = (0..<size).flatMap { column in
      [scale, -scale].map { factor in
        (0..<size).map { factor * gaussian.factor[$0 * size + column] }
      }
    }
    let principal = PrincipalDirections(of: points, count: count)
    return zip(principal.vectors, principal.variances).enumerated().map { index, axis in
      LatentSpace.Direction(
        name: "direction \(index + 1)", vector: axis.0.map(Float.init),
        spread: Float(axis.1.squareRoot()))
    }
  }
}
