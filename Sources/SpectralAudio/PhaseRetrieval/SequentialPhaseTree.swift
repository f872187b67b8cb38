import Tensors

/// The phase tree of one item, by Kruskal's algorithm. The result of ``PhaseTree`` on the CPU.
///
/// Node i is bin i % K of frame i / K. Edge 2i leads to the same bin of the next frame, edge 2i + 1
/// to the next bin.
struct SequentialPhaseTree {
  private let frames: Int, bins: Int
  private let fftSize: Int
  private let magnitudes: UnsafeMutablePointer<Float>
  private let peak: Float
  /// The phase of each node relative to its root's, in turns of 2³².
  private var phases: [UInt32]
  /// The node where the heaviest edge begins.
  private let first: Int

  init(
    frames: Int, bins: Int, magnitudes: UnsafeMutablePointer<Float>, peak: Float,
    carriers: UnsafeMutablePointer<Float>, gradient: PhaseGradient
  ) {
    (self.frames, self.bins, self.magnitudes, self.peak) = (frames, bins, magnitudes, peak)
    fftSize = gradient.fftSize
    let count = frames * bins
    let scale = Self.scale(peak)
    let levels = [Float](unsafeUninitializedCapacity: count) { levels, initialized in
      for node in 0..<count { levels[node] = Self.bounded(magnitudes[node] * scale) }
      initialized = count
    }
    let order = Self.sortedEdges(levels, frames: frames, bins: bins)
    first = order.first.map { Int($0 >> 1) } ?? 0
    var forest = PhaseForest(count: count)
    var missing = count - 1
    levels.withUnsafeBufferPointer { levels in
      let slopes = Slopes(
        frames: frames, bins: bins, levels: levels, carriers: carriers,
        alongTime: gradient.turnsAlongTime, alongFrequency: gradient.turnsAlongFrequency)
      for edge in order where missing > 0 {
        let node = Int(edge >> 1)
        let next = edge & 1 == 1 ? node + 1 : slopes.nextFrame(node)
        if forest.join(node, next, by: { slopes.difference(along: Int(edge)) }) { missing -= 1 }
      }
    }
    phases = forest.phases()
  }

  /// 2^-e with e such that the strongest bin is in 1/2 ..< 1; exact, also for 0 and infinity.
  private static func scale(_ peak: Float) -> Float {
    let exponent = Int32(peak.bitPattern >> 23 & 0xFF)
    return Float(bitPattern: UInt32(max(253 - exponent, 1)) << 23)
  }

  /// What is not above 2⁻¹⁷, or no number, becomes 2⁻¹⁷; what is above 1 becomes 1.
  private static func bounded(_ level: Float) -> Float {
    level > 0x1p-17 ? Swift.min(level, 1) : 0x1p-17
  }

  /// Edges by falling weight, then by rising number: three passes of a radix sort over the 30 bits
  /// in which the products of levels differ.
  private static func sortedEdges(_ levels: [Float], frames: Int, bins: Int) -> [UInt32] {
    let count = frames * bins
    var keys: [UInt32] = []
    var edges: [UInt32] = []
    keys.reserveCapacity(2 * count)
    edges.reserveCapacity(2 * count)
    let top = Float(1).bitPattern
    let tilt = PhaseTree.tilt(bins: bins)
    let leaning = levels.indices.map { levels[$0] * (1 - tilt * Float($0 % bins)) }
    for node in 0..<count {
      let next = node + bins < count ? node + bins : node + bins - count
      if frames > 1 {
        keys.append(top - (leaning[node] * leaning[next]).bitPattern)
        edges.append(UInt32(2 * node))
      }
      if node % bins + 1 < bins {
        keys.append(top - (leaning[node] * leaning[node + 1]).bitPattern)
        edges.append(UInt32(2 * node + 1))
      }
    }
    for shift: UInt32 in [0, 10, 20] {
      var places = [Int](repeating: 0, count: 1025)
      for key in keys { places[Int(key >> shift & 1023) + 1] += 1 }
      for digit in 1..<1025 { places[digit] += places[digit - 1] }
      var sortedKeys = keys
      var sortedEdges = edges
      for index in keys.indices {
        let digit = Int(keys[index] >> shift & 1023)
        sortedKeys[places[digit]] = keys[index]
        sortedEdges[places[digit]] = edges[index]
        places[digit] += 1
      }
      (keys, edges) = (sortedKeys, sortedEdges)
    }
    return edges
  }

  /// Writes directions [M, 2, K]; the phase is 0 where the heaviest edge begins.
  func store(into result: UnsafeMutablePointer<Float>, seed: UInt64) {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let weakest = PhaseTree.weakest * peak
    let reference = phases[first]
    var block = SIMD4<UInt32>()
    for node in 0..<frames * bins {
      if node % 4 == 0 {
        block = Philox.block(counter: SIMD4(UInt32(node / 4), 0, 0, 0), key: key)
      }
      let (frame, bin) = node.quotientAndRemainder(dividingBy: bins)
      let phase = magnitudes[node] >= weakest ? phases[node] &- reference : block[node % 4]
      var (real, imaginary) = NormalNumbers.direction(phase)
      if bin == 0 || 2 * bin == fftSize { (real, imaginary) = (real < 0 ? -1 : 1, 0) }
      result[frame * 2 * bins + bin] = real
      result[frame * 2 * bins + bins + bin] = imaginary
    }
  }
}

/// Phase differences along edges.
private struct Slopes {
  let frames: Int, bins: Int
  let levels: UnsafeBufferPointer<Float>
  let carriers: UnsafeMutablePointer<Float>
  let alongTime: Float, alongFrequency: Float

  func nextFrame(_ node: Int) -> Int {
    node + bins < levels.count ? node + bins : node + bins - levels.count
  }

  private func previousFrame(_ node: Int) -> Int {
    node >= bins ? node - bins : node - bins + levels.count
  }

  /// log(a / b) of levels: 2 artanh((a - c) / (a + c)) by its series, with c = b times a power of two
  /// near a, so that a - c is exact. A difference of two logarithms would round 8 times as much.
  private func logarithm(_ a: Float, over b: Float) -> Float {
    let pattern = Int32(bitPattern: b.bitPattern)
    let exponent = (Int32(bitPattern: a.bitPattern) - pattern + 0x40_0000) >> 23
    let c = Float(bitPattern: UInt32(bitPattern: pattern + exponent << 23))
    let s = (a - c) / (a + c)
    let z = s * s
    let series: Float = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11))))
    return Float(exponent) * 0.693_147_2 + 2 * (s + s * z * series)
  }

  /// L[m, k+1] - L[m, k-1], mirrored at both ends.
  private func acrossBins(_ node: Int) -> Float {
    let bin = node % bins
    let above = bin + 1 < bins ? node + 1 : max(node - 1, 0)
    let below = bin > 0 ? node - 1 : min(node + 1, levels.count - 1)
    return logarithm(levels[above], over: levels[below])
  }

  /// L[m+1, k] - L[m-1, k], around the loop.
  private func acrossFrames(_ node: Int) -> Float {
    logarithm(levels[nextFrame(node)], over: levels[previousFrame(node)])
  }

  /// The phase at an edge's far end minus that at its node.
  func difference(along edge: Int) -> UInt32 {
    let node = edge >> 1
    if edge & 1 == 0 {
      let slope = acrossBins(node) + acrossBins(nextFrame(node))
      return turned(0.5 * alongTime * slope) &+ UInt32(carriers[node % bins] * 0x1p32)
    }
    return turned(0.5 * alongFrequency * (acrossFrames(node) + acrossFrames(node + 1)))
  }

  /// To the nearest turn what a float tells of turns; the carrier's are added as integers.
  private func turned(_ turns: Float) -> UInt32 {
    let fraction = Swift.min(turns - turns.rounded(), 0.5 - 0x1p-25)
    return UInt32(bitPattern: Int32(fraction * 0x1p32))
  }
}

/// Disjoint sets whose members know their phase relative to their parent's (Tarjan's forest with
/// path halving, joined by size).
private struct PhaseForest {
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
