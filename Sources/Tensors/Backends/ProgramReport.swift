/// What a program costs, known before it runs.
public struct ProgramReport: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Operations and updates.
  public var steps = 0
  /// Kernel launches; on the CPU, the same as steps.
  public var dispatches = 0
  /// Barriers between dispatches.
  public var barriers = 0
  /// Command buffers handed to the device for one run.
  public var submissions = 0
  /// Estimated arithmetic operations.
  public var arithmetic = 0.0
  /// Multiplications of matrix products and convolutions by the textbook; 0 where not counted.
  public var multiplications = 0.0
  /// Multiplications that their kernels execute, those beyond the edges of tiles included.
  public var executedMultiplications = 0.0
  /// Bytes of intermediate results in the arena.
  public var arenaByteCount = 0
  /// Bytes they would take without sharing memory.
  public var unaliasedByteCount = 0
  /// Operations of each kind, in the order of their first step.
  public var kinds: [Kind] = []

  /// What storing feature maps in 16 bits spares; `nil` for programs in float32.
  public var halfStorage: HalfStorage?

  /// What a user should know, such as single steps that last very long.
  public var notes: [String] = []

  /// No work.
  public init() {}

  /// What some steps cost together.
  public struct Cost: Sendable, Hashable, Codable {
    /// How many they are.
    public var count = 0
    /// Estimated arithmetic operations.
    public var arithmetic = 0.0
    /// Bytes read from memory and written to it: each operand once, apart from caches.
    public var bytesMoved = 0
    /// Bytes that have to be moved: operands once, and nothing that another step could compute in
    /// passing.
    public var minimumByteCount = 0

    /// Bytes moved for each that has to be; 1 when there are none.
    public var ratio: Double {
      minimumByteCount > 0 ? Double(bytesMoved) / Double(minimumByteCount) : 1
    }

    static func += (a: inout Cost, b: Cost) {
      a.count += b.count
      a.arithmetic += b.arithmetic
      a.bytesMoved += b.bytesMoved
      a.minimumByteCount += b.minimumByteCount
    }
  }

  /// The steps of one kind of operation.
  public struct Kind: Sendable, Hashable, Codable {
    /// The operation.
    public var name: String
    /// Whether memory rather than arithmetic decides its time: all but products and convolutions.
    public var isBandwidthBound: Bool
    /// What its steps cost.
    public var cost: Cost
  }

  /// What all steps cost.
  public var total: Cost { sum { _ in true } }

  /// What the steps cost whose time memory decides.
  public var bandwidthBound: Cost { sum(where: \.isBandwidthBound) }

  private func sum(where isIncluded: (Kind) -> Bool) -> Cost {
    var sum = Cost()
    for kind in kinds where isIncluded(kind) { sum += kind.cost }
    return sum
  }

  mutating func add(_ cost: Cost, of name: String, isBandwidthBound: Bool) {
    arithmetic += cost.arithmetic
    if let index = kinds.firstIndex(where: { $0.name == name }) {
      kinds[index].cost += cost
    } else {
      kinds.append(Kind(name: name, isBandwidthBound: isBandwidthBound, cost: cost))
    }
  }

  /// One line.
  public var description: String {
    "\(steps) steps, \(dispatches) dispatches, \(barriers) barriers, "
      + "\(submissions) submissions, \((arithmetic / 1e7).rounded() / 100) GFLOP, "
      + "\(megabytes(total.bytesMoved)) MB moved, arena "
      + "\(megabytes(arenaByteCount)) of \(megabytes(unaliasedByteCount)) MB" + executed
  }

  /// What kernels multiply beside the textbook, where it is counted.
  private var executed: String {
    guard multiplications > 0 else { return "" }
    let ratio = (executedMultiplications / multiplications * 1000).rounded() / 1000
    return ", \(ratio) of the textbook's multiplications executed"
  }

  /// A table of the kinds of operations, those that move the most bytes first.
  public var table: String {
    var rows = [["operation", "count", "GFLOP", "MB moved", "MB minimum", "ratio"]]
    for kind in kinds.sorted(by: { $0.cost.bytesMoved > $1.cost.bytesMoved }) {
      rows.append(row(kind.name, kind.cost))
    }
    rows.append(row("bandwidth-bound", bandwidthBound))
    rows.append(row("total", total))
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + padding : padding + text
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private func row(_ name: String, _ cost: Cost) -> [String] {
    [
      name, "\(cost.count)", "\((cost.arithmetic / 1e7).rounded() / 100)",
      megabytes(cost.bytesMoved), megabytes(cost.minimumByteCount),
      "\((cost.ratio * 100).rounded() / 100)",
    ]
  }

  private func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e5).rounded() / 10)" }
}
