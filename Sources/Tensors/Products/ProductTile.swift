/// How a kernel cuts a product: all that distinguishes one numerically qualified variant from
/// another. Equal tiles give equal bits on the same device.
///
/// A workgroup computes ``rows`` x ``columns`` results; the operands pass through shared memory
/// ``depth`` inner indices at a time (`Shaders/include/product_tile.glsl`).
public struct ProductTile: Sendable, Hashable, Codable {
  /// Which kernel computes the product.
  public enum Method: String, Sendable, Hashable, Codable {
    /// A matrix product in tiles.
    case tiled
    /// A transposed convolution to few channels, each result in one invocation
    /// (`Shaders/convolution_narrow.comp`).
    case narrow
  }

  /// Which kernel computes the product.
  public var method = Method.tiled
  /// Invocations of a workgroup.
  public var workgroupSize: Int
  /// Rows of the grid that the invocations form.
  public var gridRows: Int
  /// Rows that each invocation computes; of cells in a narrow kernel.
  public var rowsPerInvocation: Int
  /// Columns that each invocation computes.
  public var columnsPerInvocation: Int
  /// Inner indices that pass through shared memory at a time.
  public var depth: Int
  /// Inner indices that the kernel unrolls.
  public var unrolledDepth: Int
  /// Whether the next tile is loaded while this one is multiplied.
  public var prefetches = false
  /// Pieces that the inner sum is cut into, added in order by another dispatch.
  public var chunks = 1
  /// Whether sizes are constants of the pipeline: faster kernels, more pipelines.
  public var specializesSizes = true

  /// A tiled variant; every number but `chunks` a power of two.
  public init(
    workgroupSize: Int, gridRows: Int, rowsPerInvocation: Int, columnsPerInvocation: Int,
    depth: Int, unrolledDepth: Int? = nil
  ) {
    self.workgroupSize = workgroupSize
    self.gridRows = gridRows
    self.rowsPerInvocation = rowsPerInvocation
    self.columnsPerInvocation = columnsPerInvocation
    self.depth = depth
    self.unrolledDepth = unrolledDepth ?? depth
  }

  /// The variant for few channels.
  static let narrow = {
    var tile = ProductTile(
      workgroupSize: 64, gridRows: 1, rowsPerInvocation: 2, columnsPerInvocation: 1, depth: 1)
    tile.method = .narrow
    return tile
  }()

  /// Rows of the result that a workgroup computes.
  public var rows: Int { gridRows * rowsPerInvocation }
  /// Columns of the result that a workgroup computes.
  public var columns: Int { workgroupSize / gridRows * columnsPerInvocation }

  /// Bytes that a workgroup shares, padding against bank conflicts included.
  public var sharedMemoryByteCount: Int {
    guard method == .tiled else { return 0 }
    func vectors(_ length: Int) -> Int { (length + 3) / 4 + 1 }
    return 16 * depth * (vectors(rows) + vectors(columns))
  }
}

extension ProductTile {
  /// Whether the variant computes the problem on a device: what a table says is checked by this.
  public func suits(_ problem: ProductProblem, on target: TileTarget) -> Bool {
    func isPower(_ number: Int, _ range: ClosedRange<Int>) -> Bool {
      range.contains(number) && number & (number - 1) == 0
    }
    guard
      isPower(workgroupSize, 32...1024), workgroupSize <= target.maxInvocations,
      isPower(rowsPerInvocation, 1...16), (1...max(1, problem.depth)).contains(chunks)
    else { return false }
    switch method {
    case .narrow:
      return Self.isNarrow(problem) && chunks == 1 && rowsPerInvocation <= 4
    case .tiled:
      return isPower(gridRows, 1...workgroupSize) && isPower(columnsPerInvocation, 1...16)
        && rowsPerInvocation * columnsPerInvocation <= 128 && isPower(depth, 4...64)
        && isPower(unrolledDepth, 1...depth)
        // Loads along the depth: neighbouring invocations take all of its indices.
        && depth <= workgroupSize
        && sharedMemoryByteCount <= target.sharedMemoryByteCount
        && isCutSensibly(problem, on: target)
    }
  }

  /// Whether the kernel for few channels computes a problem.
  static func isNarrow(_ problem: ProductProblem) -> Bool {
    let geometry = problem.geometry
    // Sums and window stay in registers.
    return problem.kind == .byInput && geometry.dilation == 1
      && problem.rows * geometry.stride.y * geometry.stride.x <= 16
      && problem.operand[2] * problem.operand[3] <= 32 && problem.rows <= 3
      && problem.operand[2] >= geometry.stride.y && problem.operand[3] >= geometry.stride.x
      && max(geometry.padding.y, geometry.padding.x) < 16
  }

  /// Tiles of all phases and products.
  func tileCount(for problem: ProductProblem) -> Int {
    let rowTiles = (problem.rows + rows - 1) / rows
    return problem.count * rowTiles
      * problem.phases.reduce(0) { $0 + ($1.columns + columns - 1) / columns }
  }

  /// Multiplications executed, those beyond the edges of the result and of the sum included.
  public func executedMultiplications(for problem: ProductProblem) -> Double {
    if method == .narrow { return narrowMultiplications(for: problem) }
    let rowTiles = (problem.rows + rows - 1) / rows
    let perProduct = problem.phases.reduce(0.0) { sum, phase in
      let columnTiles = (phase.columns + columns - 1) / columns
      return sum + Double(columnTiles * columns) * Double(rowTiles * rows)
        * Double(phase.depth.rounded(upToMultipleOf: depth))
    }
    return Double(problem.count) * perProduct
  }

  /// Invocations of the kernel for few channels that compute something.
  func narrowInvocations(for problem: ProductProblem) -> Int {
    let (stride, result) = (problem.geometry.stride, problem.result)
    let rowsOfCells =
      (result[2] + rowsPerInvocation * stride.y - 1)
      / (rowsPerInvocation * stride.y)
    return result[0] * problem.geometry.groups * rowsOfCells
      * ((result[3] + stride.x - 1) / stride.x)
  }

  private func narrowMultiplications(for problem: ProductProblem) -> Double {
    // Over its phases, a cell sees every tap once.
    let perCell = problem.rows * problem.sourceChannels * problem.operand[2] * problem.operand[3]
    let invocations = narrowInvocations(for: problem).rounded(upToMultipleOf: workgroupSize)
    return Double(invocations * rowsPerInvocation) * Double(perCell)
  }

  /// Inner indices of one chunk: a multiple of the tile's depth.
  func chunkLength(_ depth: Int) -> Int {
    ((depth + chunks - 1) / chunks).rounded(upToMultipleOf: self.depth)
  }
}

extension ProductTile: CustomStringConvertible {
  /// For example `128 x 64, 256 invocations of 8 x 4, depth 16, 4 chunks`.
  public var description: String {
    guard method == .tiled else { return "narrow, \(workgroupSize) invocations" }
    var text = "\(rows) x \(columns), \(workgroupSize) invocations of \(rowsPerInvocation) x "
    text += "\(columnsPerInvocation), depth \(depth)"
    if prefetches { text += ", prefetched" }
    if chunks > 1 { text += ", \(chunks) chunks" }
    return text
  }
}

extension Int {
  /// The next multiple of `factor` that is not smaller.
  func rounded(upToMultipleOf factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
