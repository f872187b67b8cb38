/// Disjoint sets whose members know their phase relative to their parent's (Tarjan's forest with
/// path halving, joined by size).
struct PhaseForest {
  private var parents: [Int32]
  private var offsets: [UInt32]
  private var sizes: [Int32]

  init(count: Int) {
    parents = (0..<Int32(count)).map { $0 }
    offsets = [UInt32](repeating: 0, count: count)
    sizes = [Int32](repeating: 1, count: count)
  }

  /// The root of a node, and the node's phase relative to it.
  private mutating func find(_ node: Int) -> (root: Int, phase: UInt32) {
    var (node, phase) = (node, UInt32(0))
    while true {
      let parent = Int(parents[node])
      if parent == node { return (node, phase) }
      if parents[parent] != parent {
        offsets[node] &+= offsets[parent]
        parents[node] = parents[parent]
      }
      phase &+= offsets[node]
      node = Int(parents[node])
    }
  }

  /// Joins two nodes' sets unless they are one; `difference` is the second's phase minus the
  /// first's.
  mutating func join(_ a: Int, _ b: Int, by difference: () -> UInt32) -> Bool {
    let (first, second) = (find(a), find(b))
    if first.root == second.root { return false }
    // The phase of the second root, seen from the first.
    let step = first.phase &+ difference() &- second.phase
    let isFirstLarger = sizes[first.root] >= sizes[second.root]
    let (large, small) = isFirstLarger ? (first.root, second.root) : (second.root, first.root)
    parents[small] = Int32(large)
    offsets[small] = isFirstLarger ? step : 0 &- step
    sizes[large] += sizes[small]
    return true
  }

  /// Every node's phase relative to its root's.
  mutating func phases() -> [UInt32] { parents.indices.map { find($0).phase } }
}
