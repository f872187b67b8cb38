import Tensors

/// The directions in which points spread most: eigenvectors of their covariance.
///
/// Found by orthogonal iteration on twice as many vectors as are wanted, and an exact
/// decomposition within what they span (Golub, Van Loan, "Matrix computations", 8.2.4 and 8.5).
/// **Cost** m·n² for m points of n numbers, and 120·n² for each of the vectors.
package struct PrincipalDirections: Sendable {
  /// Unit vectors, that of the largest variance first; the largest element of each is positive.
  package let vectors: [[Double]]
  /// The variance of the points along each.
  package let variances: [Double]
  /// The variance of the points in all directions together.
  package let total: Double

  /// At most `count` directions of points; fewer where the points have fewer numbers, and none
  /// along which they do not spread.
  package init(of points: [[Float]], count: Int) {
    let size = points.first?.count ?? 0
    let covariance = Self.covariance(points, size: size)
    let total = (0..<size).reduce(0) { $0 + covariance[$1, $1] }
    self.total = total
    let width = min(size, 2 * count)
    var random = PhiloxStream(seed: 1, stream: 0x7063_6100)
    var basis = (0..<width).map { _ in (0..<size).map { _ in 2 * random.uniform() - 1 } }
    Self.orthonormalize(&basis)
    for _ in 0..<60 {
      basis = basis.map { covariance.product(with: $0) }
      Self.orthonormalize(&basis)
    }
    var inner = SquareMatrix(count: width)
    let images = basis.map { covariance.product(with: $0) }
    for row in 0..<width {
      for column in 0..<width { inner[row, column] = dot(basis[row], images[column]) }
    }
    let (values, rotations) = inner.eigenvectors()
    let order = values.indices.sorted { values[$0] > values[$1] }
    let kept = order.prefix(count).filter { values[$0] > 1e-12 * total && values[$0] > 0 }
    variances = kept.map { values[$0] }
    vectors = kept.map { index in
      var vector = [Double](repeating: 0, count: size)
      for (weight, axis) in zip(rotations[index], basis) {
        for place in 0..<size { vector[place] += weight * axis[place] }
      }
      let length = dot(vector, vector).squareRoot()
      let largest = vector.max { abs($0) < abs($1) } ?? 1
      return vector.map { $0 / (largest < 0 ? -length : length) }
    }
  }

  private static func covariance(_ points: [[Float]], size: Int) -> SquareMatrix {
    var covariance = SquareMatrix(count: size)
    let scale = 1 / Double(max(points.count, 1))
    var mean = [Double](repeating: 0, count: size)
    for point in points {
      for index in 0..<size { mean[index] += Double(point[index]) * scale }
    }
    for point in points {
      let centred = (0..<size).map { Double(point[$0]) - mean[$0] }
      for row in 0..<size {
        let factor = centred[row] * scale
        for column in 0...row { covariance[row, column] += factor * centred[column] }
      }
    }
    for row in 0..<size {
      for column in 0..<row { covariance[column, row] = covariance[row, column] }
    }
    return covariance
  }

  /// Gram and Schmidt, twice for accuracy; vectors that depend on others become 0.
  private static func orthonormalize(_ vectors: inout [[Double]]) {
    for index in vectors.indices {
      let before = dot(vectors[index], vectors[index]).squareRoot()
      for _ in 0..<2 {
        for other in 0..<index {
          let part = dot(vectors[index], vectors[other])
          for place in vectors[index].indices {
            vectors[index][place] -= part * vectors[other][place]
          }
        }
      }
      let length = dot(vectors[index], vectors[index]).squareRoot()
      let scale = length > 1e-12 * before && length > 0 ? 1 / length : 0
      for place in vectors[index].indices { vectors[index][place] *= scale }
    }
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for index in a.indices { sum += a[index] * b[index] }
  return sum
}

extension SquareMatrix {
  /// The matrix times a column.
  func product(with vector: [Double]) -> [Double] {
    (0..<count).map { row in
      var sum = 0.0
      for column in 0..<count { sum += elements[row * count + column] * vector[column] }
      return sum
    }
  }

  /// Eigenvalues and unit eigenvectors of a symmetric matrix, in no order: Jacobi's method.
  func eigenvectors() -> (values: [Double], vectors: [[Double]]) {
    var matrix = self
    var vectors = SquareMatrix(count: count)
    for index in 0..<count { vectors[index, index] = 1 }
    for _ in 0..<50 {
      var off = 0.0
      var all = 0.0
      for row in 0..<count {
        for column in 0..<count {
          let square = matrix[row, column] * matrix[row, column]
          all += square
          if row != column { off += square }
        }
      }
      if off <= 1e-26 * all { break }
      for p in 0..<count {
        for q in p + 1..<max(count, p + 1) { matrix.rotate(p, q, &vectors) }
      }
    }
    return (
      (0..<count).map { matrix[$0, $0] },
      (0..<count).map { column in (0..<count).map { vectors[$0, column] } }
    )
  }

  /// One rotation that makes element (p, q) zero.
  private mutating func rotate(_ p: Int, _ q: Int, _ vectors: inout SquareMatrix) {
    guard self[p, q] != 0 else { return }
    let theta = (self[q, q] - self[p, p]) / (2 * self[p, q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let cosine = 1 / (t * t + 1).squareRoot()
    let sine = t * cosine
    for index in 0..<count {
      let (a, b) = (self[index, p], self[index, q])
      self[index, p] = cosine * a - sine * b
      self[index, q] = sine * a + cosine * b
    }
    for index in 0..<count {
      let (a, b) = (self[p, index], self[q, index])
      self[p, index] = cosine * a - sine * b
      self[q, index] = sine * a + cosine * b
      let (c, d) = (vectors[index, p], vectors[index, q])
      vectors[index, p] = cosine * c - sine * d
      vectors[index, q] = sine * c + cosine * d
    }
  }
}
