// Which tiles there are for a problem, and which one a rule prefers.

extension ProductTile {
  /// The tile that a rule chooses by the problem's sizes and the device.
  public init(for problem: ProductProblem, on target: TileTarget) {
    self = Self.ranked(for: problem, on: target)[0]
  }

  /// Variants that compute a problem on a device, the rule's choice first: what a tuner may try.
  /// All agree within rounding (`Docs/Kernels.md`). Never empty; about a dozen.
  public static func candidates(
    for problem: ProductProblem, on target: TileTarget
  ) -> [ProductTile] {
    let ranked = ranked(for: problem, on: target)
    let best = ranked[0]
    var variations: [ProductTile] = []
    if best.method == .tiled {
      var prefetching = best
      prefetching.prefetches.toggle()
      variations.append(prefetching)
      for chunks in [best.chunks / 2, best.chunks * 2] where chunks >= 1 {
        var cut = best
        cut.chunks = chunks
        variations.append(cut)
      }
    }
    var seen: Set<ProductTile> = []
    return ([best] + variations + ranked.dropFirst().prefix(target.isSoftware ? 3 : 9))
      .filter { $0.suits(problem, on: target) && seen.insert($0).inserted }
  }

  /// Tiles from the cheapest on by an estimate.
  private static func ranked(
    for problem: ProductProblem, on target: TileTarget
  ) -> [ProductTile] {
    var tiles = target.isSoftware ? softwareTiles(for: problem) : hardwareTiles(target)
    // Sums shorter than a tile is deep would multiply zeros.
    if !tiles.contains(where: { problem.depth % $0.depth == 0 }) || problem.depth < 8 {
      tiles += tiles.map {
        var tile = $0
        (tile.depth, tile.unrolledDepth) = (4, 4)
        return tile
      }
    }
    tiles = tiles.filter { $0.suits(problem, on: target) }
    for index in tiles.indices {
      tiles[index].chunks = tiles[index].chunkCount(for: problem, on: target)
    }
    if isNarrow(problem) { tiles.append(.narrow) }
    precondition(!tiles.isEmpty, "\(problem): no tile suits \(target)")
    let costs = tiles.map { $0.cost(of: problem, on: target) }
    let order = tiles.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }
    return order.map { tiles[$0] }
  }

  /// For 0.1 seconds of work and more: half the reads for a multiplication, each of which is eight
  /// on a software device (1,024 x 1,026 x 512 on lavapipe: 2.8 s of CPU time to 1.4 s).
  private static let largeSoftwareTile = {
    var tile = ProductTile(
      workgroupSize: 64, gridRows: 8, rowsPerInvocation: 8, columnsPerInvocation: 8, depth: 8,
      unrolledDepth: 4)
    tile.specializesSizes = false
    return tile
  }()

  private static func softwareTiles(for problem: ProductProblem) -> [ProductTile] {
    problem.multiplications < 0x1p27 ? softwareTiles : [largeSoftwareTile] + softwareTiles
  }

  /// The first is the usual one; the others are for edges that it would overhang.
  private static let softwareTiles = {
    var tiles: [ProductTile] = []
    for (gridRows, rows, columns) in [
      (8, 4, 4), (16, 4, 4), (4, 4, 4), (8, 2, 4), (4, 2, 4), (4, 1, 4), (1, 1, 4), (8, 4, 2),
      (32, 4, 4), (64, 4, 4), (64, 1, 4), (8, 2, 2), (16, 2, 1),
    ] {
      var tile = ProductTile(
        workgroupSize: 64, gridRows: gridRows, rowsPerInvocation: rows,
        columnsPerInvocation: columns, depth: 8, unrolledDepth: 4)
      tile.specializesSizes = false
      tiles.append(tile)
    }
    return tiles
  }()

  /// Workgroup, rows of its grid, rows and columns of an invocation: large tiles for large
  /// products, thin and small ones for what those would overhang.
  private static let hardwareShapes = [
    (256, 16, 8, 8), (256, 8, 8, 8), (256, 16, 8, 4), (256, 8, 8, 4), (256, 4, 8, 4),
    (256, 16, 4, 4), (256, 8, 4, 4), (256, 4, 8, 2), (256, 32, 1, 4), (256, 16, 1, 1),
    (128, 8, 8, 8), (128, 8, 8, 4), (128, 8, 4, 4), (128, 4, 8, 4), (64, 8, 8, 8), (64, 8, 8, 4),
    (64, 8, 4, 4), (64, 8, 4, 2), (64, 16, 4, 4), (64, 4, 4, 4), (64, 4, 2, 4), (64, 64, 1, 4),
    (64, 16, 2, 1), (64, 4, 4, 1), (64, 1, 1, 4),
  ]

  private static func hardwareTiles(_ target: TileTarget) -> [ProductTile] {
    hardwareShapes.flatMap { workgroupSize, gridRows, rows, columns in
      [16, 8, 32].compactMap { depth in
        // Longer bodies would not stay in the cache of instructions.
        guard rows * columns <= target.registerSums, rows * columns * depth <= 1024,
          depth < 32 || rows * columns == 16
        else { return nil }
        let tile = ProductTile(
          workgroupSize: workgroupSize, gridRows: gridRows, rowsPerInvocation: rows,
          columnsPerInvocation: columns, depth: depth)
        let budget = target.sharedBytesPerInvocation * workgroupSize
        // Padding against bank conflicts may exceed it a little.
        return tile.sharedMemoryByteCount <= budget + budget / 16 ? tile : nil
      }
    }
  }

  /// Pieces of the inner sum: as many as occupy a large device, none shorter than pays for adding
  /// its results. Depends on shapes and kind of device only.
  private func chunkCount(for problem: ProductProblem, on target: TileTarget) -> Int {
    guard target.cutsSums else { return 1 }
    let shortest = 16 * depth
    if target.isSoftware {
      guard problem.kind == .byWeight else { return 1 }
      return max(1, min(256 / tileCount(for: problem), problem.depth / 256))
    }
    var chunks = 1
    while tileCount(for: problem) * chunks * workgroupSize < target.largeDeviceInvocations,
      problem.depth / (2 * chunks) >= shortest
    {
      chunks *= 2
    }
    return chunks
  }

  /// Whether the inner sum is cut into no more pieces than a tuner may try, twice as many as occupy
  /// a large device: each piece has a copy of the result in memory.
  func isCutSensibly(_ problem: ProductProblem, on target: TileTarget) -> Bool {
    // The rule doubles them once more from the last that leaves the device half empty.
    chunks <= 2
      || tileCount(for: problem) * chunks * workgroupSize < 4 * target.largeDeviceInvocations
  }

  /// Whether an invocation loads the same taps in every tile.
  private func keepsTaps(_ problem: ProductProblem) -> Bool {
    switch problem.kind {
    case .forward: depth % (problem.kernel.y * problem.kernel.x) == 0
    case .byInput:
      depth % max(1, problem.depth / max(1, problem.sourceChannels)) == 0
    case .byWeight: workgroupSize / depth % (problem.kernel.y * problem.kernel.x) == 0
    case .matrixProduct: true
    }
  }

  /// An estimate of the time, in multiplications of a large device.
  private func cost(of problem: ProductProblem, on target: TileTarget) -> Double {
    let executed = executedMultiplications(for: problem)
    let waste = executed / problem.multiplications
    // No better shape or fuller device makes up for zeros while another tile multiplies none.
    let penalty = waste > 1.05 ? 1000 * waste : 1
    if method == .narrow { return problem.rows == 1 ? 0 : executed * penalty * 3 }
    if target.isSoftware {
      // The usual tile unless it overhangs: the fewer pipelines, the better.
      return executed * penalty * (1 + 1e-3 / Double(rowsPerInvocation * columnsPerInvocation))
    }
    // Instructions for each multiplication: reads of shared memory, and loads with their addresses.
    func reads(_ count: Int) -> Double { count % 4 == 0 ? Double(count / 4) : Double(count) }
    let sums = Double(rowsPerInvocation * columnsPerInvocation)
    let shared = 2 * (reads(rowsPerInvocation) + reads(columnsPerInvocation)) / sums
    // Where taps change from tile to tile, addresses are computed for every load.
    let gather = keepsTaps(problem) ? 6 : 12
    let loads = Double(4 * rows + gather * columns) / Double(rows * columns)
    let steps = 40 / (sums * Double(depth))
    let work = executed * (1 + shared + loads + steps)
    // An idle half of the device doubles the time.
    let invocations = Double(tileCount(for: problem) * chunks * workgroupSize)
    let occupancy = min(1, invocations / Double(target.largeDeviceInvocations))
    // Bytes to and from memory, in multiplications: stores of single columns are whole lines.
    let results = Double(problem.result.count)
    let store = columnsPerInvocation % 4 == 0 && columnsPerInvocation > 1 ? 16.0 : 8.0
    let traffic = results * (chunks > 1 ? Double(2 * chunks + 1) * 40 : store)
    return penalty * work / max(occupancy, 1e-3) + traffic
  }
}
