/// How a workgroup of `product_tile.glsl` cuts a product: all that distinguishes one numerically
/// qualified variant of a kernel from another. Equal tiles give equal bits on the same device.
public struct ProductTile: Sendable, Hashable, Codable {
  /// Invocations of a workgroup.
  public var workgroupSize = 64
  /// Rows of the grid that the invocations form.
  public var gridRows = 4
  /// Rows that each invocation computes.
  public var rowsPerInvocation = 8
  /// Columns that each invocation computes.
  public var columnsPerInvocation = 4
  /// Inner indices that pass through shared memory at a time.
  public var depth = 16
  /// Pieces that the inner sum is cut into, added in order by another dispatch.
  public var chunks = 1

  /// Rows of the result that a workgroup computes.
  public var rows: Int { gridRows * rowsPerInvocation }
  /// Columns of the result that a workgroup computes.
  public var columns: Int { workgroupSize / gridRows * columnsPerInvocation }

  /// The tile that a rule chooses by the problem's size and the device.
  public init(for problem: ProductProblem, on target: TileTarget) {
    let rows = problem.rows
    rowsPerInvocation = rows <= 4 ? 1 : rows <= 8 ? 2 : rows <= 16 ? 4 : 8
    guard problem.kind == .byWeight else { return }
    // Enough workgroups for a large device, none with fewer positions than pay for its sums.
    let (enoughTiles, fewestPositions) = (512, 256)
    chunks = max(
      1, min(enoughTiles / (tileCount(for: problem)), problem.depth / fewestPositions))
  }

  /// Every variant that computes a problem on a device, the rule's choice first: what a tuner may
  /// try. Never empty.
  public static func candidates(
    for problem: ProductProblem, on target: TileTarget
  ) -> [ProductTile] {
    let usual = ProductTile(for: problem, on: target)
    let others = [1, 2, 4, 8].map { rows in
      var tile = usual
      tile.rowsPerInvocation = rows
      return tile
    }
    return [usual] + others.filter { $0 != usual }
  }

  /// Whether the variant computes the problem on a device.
  func suits(_ problem: ProductProblem, on target: TileTarget) -> Bool {
    Self.candidates(for: problem, on: target).contains(self)
  }

  /// Tiles of all phases and products.
  func tileCount(for problem: ProductProblem) -> Int {
    let rowTiles = (problem.rows + rows - 1) / rows
    return problem.count * rowTiles
      * problem.phases.reduce(0) { $0 + ($1.columns + columns - 1) / columns }
  }

  /// Multiplications executed, those beyond the edges of the result and of the sum included.
  public func executedMultiplications(for problem: ProductProblem) -> Double {
    let rowTiles = (problem.rows + rows - 1) / rows
    let perProduct = problem.phases.reduce(0.0) { sum, phase in
      let columnTiles = (phase.columns + columns - 1) / columns
      return sum + Double(columnTiles * rowTiles * rows * columns)
        * Double(executedDepth(phase.depth))
    }
    return Double(problem.count) * perProduct
  }

  /// Inner indices of one chunk: a multiple of the depth.
  func chunkLength(_ depth: Int) -> Int {
    ((depth + chunks - 1) / chunks).rounded(upToMultipleOf: self.depth)
  }

  /// Inner indices of all chunks, the last one rounded up to the tile's depth.
  private func executedDepth(_ depth: Int) -> Int { depth.rounded(upToMultipleOf: self.depth) }
}

extension Int {
  /// The next multiple of `factor` that is not smaller.
  func rounded(upToMultipleOf factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
