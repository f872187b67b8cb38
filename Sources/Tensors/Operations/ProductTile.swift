/// The tile of a result that one workgroup of `product_tile.glsl` computes.
struct ProductTile {
  /// Columns: one per invocation of a workgroup.
  static let columns = 64
  /// Inner indices that pass through shared memory at a time.
  static let depth = 16
  /// Rows of the grid of invocations.
  private static let gridRows = 4

  /// Rows that each invocation computes.
  let rowsPerInvocation: UInt32

  /// A tile not much taller than the result.
  init(rows: Int) { rowsPerInvocation = rows <= 4 ? 1 : rows <= 8 ? 2 : rows <= 16 ? 4 : 8 }

  /// Tiles that cover a matrix.
  func count(rows: Int, columns: Int) -> Int {
    let tileRows = Self.gridRows * Int(rowsPerInvocation)
    return (rows + tileRows - 1) / tileRows * ((columns + Self.columns - 1) / Self.columns)
  }
}

extension Int {
  /// The next multiple of `factor` that is not smaller.
  func rounded(upToMultipleOf factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
