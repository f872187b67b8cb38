/// The pseudo-inverse [columns, rows] of a matrix [rows, columns], computed in Double.
///
/// Wᵀ(WWᵀ + εI)⁻¹ or (WᵀW + εI)⁻¹Wᵀ, whichever is smaller, with ε = 1e-9 of the largest diagonal
/// element: directions that the matrix hardly sees stay 0 instead of growing.
func pseudoInverse(of matrix: [Float], rows: Int, columns: Int) -> [Float] {
  let isWide = rows <= columns
  let size = min(rows, columns)
  let length = max(rows, columns)
  // Vectors along the shorter side, so that `gram` is size x size.
  let vectors = (0..<size).map { index in
    (0..<length).map {
      Double(isWide ? matrix[index * columns + $0] : matrix[$0 * columns + index])
    }
  }
  var gram = (0..<size).map { i in
    (0..<size).map { j in j > i ? 0 : zip(vectors[i], vectors[j]).reduce(0) { $0 + $1.0 * $1.1 } }
  }
  let ridge = 1e-9 * (gram.indices.map { gram[$0][$0] }.max() ?? 0)
  for index in 0..<size { gram[index][index] += ridge > 0 ? ridge : 1 }
  factorize(&gram)

  var result = [Float](repeating: 0, count: columns * rows)
  for position in 0..<length {
    let solution = solve(gram, vectors.map { $0[position] })
    for (index, value) in solution.enumerated() {
      let place = isWide ? position * rows + index : index * rows + position
      result[place] = Float(value)
    }
  }
  return result
}

/// Cholesky's factor of the symmetric matrix whose lower half is given, in its place.
private func factorize(_ matrix: inout [[Double]]) {
  for row in matrix.indices {
    var line = matrix[row]
    for column in 0...row {
      let other = column == row ? line : matrix[column]
      var sum = line[column]
      for index in 0..<column { sum -= line[index] * other[index] }
      line[column] = column == row ? sum.squareRoot() : sum / other[column]
    }
    matrix[row] = line
  }
}

/// Solves L Lᵀ x = b.
private func solve(_ factor: [[Double]], _ right: [Double]) -> [Double] {
  var x = right
  for row in x.indices {
    var sum = x[row]
    for column in 0..<row { sum -= factor[row][column] * x[column] }
    x[row] = sum / factor[row][row]
  }
  for row in x.indices.reversed() {
    x[row] /= factor[row][row]
    for column in 0..<row { x[column] -= factor[row][column] * x[row] }
  }
  return x
}
