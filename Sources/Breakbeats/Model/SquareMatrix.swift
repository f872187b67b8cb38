/// A square matrix in double precision.
struct SquareMatrix {
  let count: Int
  var elements: [Double]

  init(count: Int) {
    self.count = count
    elements = [Double](repeating: 0, count: count * count)
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * count + column] }
    set { elements[row * count + column] = newValue }
  }

  /// The lower triangular L with L·Lᵀ equal to this symmetric matrix, of which only the lower half
  /// is read. As much is added to the diagonal as it takes for the matrix to be positive definite,
  /// starting at a millionth of the average diagonal element.
  func choleskyFactor() -> SquareMatrix {
    let average = (0..<count).reduce(0) { $0 + self[$1, $1] } / Double(max(count, 1))
    var added = max(average, 1e-12) * 1e-6
    while true {
      if let factor = factor(adding: added) { return factor }
      added *= 10
    }
  }

  private func factor(adding jitter: Double) -> SquareMatrix? {
    var factor = SquareMatrix(count: count)
    for row in 0..<count {
      for column in 0...row {
        var sum = self[row, column] + (row == column ? jitter : 0)
        for inner in 0..<column { sum -= factor[row, inner] * factor[column, inner] }
        if row == column {
          guard sum > 0 else { return nil }
          factor[row, row] = sum.squareRoot()
        } else {
          factor[row, column] = sum / factor[column, column]
        }
      }
    }
    return factor
  }
}
