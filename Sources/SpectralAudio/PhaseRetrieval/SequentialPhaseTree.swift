import Tensors

/// The phase tree of one item, by Kruskal's algorithm. The result of ``PhaseTree`` on the CPU.
struct SequentialPhaseTree {
  private let frames: Int, bins: Int
  private let fftSize: Int
  private let magnitudes: UnsafeMutablePointer<Float>
  private let peak: Float
  /// The phase of each bin, in turns of 2³²; 0 where the heaviest edge begins.
  private let phases: [UInt32]

  init(
    frames: Int, bins: Int, magnitudes: UnsafeMutablePointer<Float>, peak: Float,
    carriers: UnsafeMutablePointer<Float>, gradient: PhaseGradient, framesPerNode: Int
  ) {
    (self.frames, self.bins, self.magnitudes, self.peak) = (frames, bins, magnitudes, peak)
    fftSize = gradient.fftSize
    let count = frames * bins
    let scale = Self.scale(peak)
    let levels = [Float](unsafeUninitializedCapacity: count) { levels, initialized in
      for place in 0..<count { levels[place] = Self.bounded(magnitudes[place] * scale) }
      initialized = count
    }
    phases = levels.withUnsafeBufferPointer { levels in
      Self.phases(
        PhaseEdges(
          frames: frames, bins: bins, framesPerNode: framesPerNode, levels: levels,
          carriers: carriers, gradient: gradient, tilt: PhaseTree.tilt(bins: bins)))
    }
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

  private static func phases(_ edges: PhaseEdges) -> [UInt32] {
    let order = sorted(edges)
    var forest = PhaseForest(count: edges.nodeCount)
    var missing = edges.nodeCount - 1
    for edge in order where missing > 0 {
      let edge = Int(edge)
      let isNew = forest.join(edge >> 1, edges.farEnd(of: edge)) { edges.difference(along: edge) }
      if isNew { missing -= 1 }
    }
    let nodes = forest.phases()
    let reference = order.first.map { nodes[Int($0 >> 1)] } ?? 0
    var phases: [UInt32] = []
    phases.reserveCapacity(edges.levels.count)
    for row in 0..<edges.rows {
      let row = row * edges.bins..<(row + 1) * edges.bins
      for node in row { phases.append(nodes[node] &- reference) }
      for node in row where edges.hasSecondFrame(node) {
        phases.append(nodes[node] &- reference &+ edges.withinNode(node))
      }
    }
    return phases
  }

  /// Edges by falling weight, then by rising number: three passes of a radix sort over the 30 bits
  /// in which weights, of 0 ... 1, differ.
  private static func sorted(_ graph: PhaseEdges) -> [UInt32] {
    let count = graph.nodeCount
    var keys: [UInt32] = []
    var edges: [UInt32] = []
    keys.reserveCapacity(2 * count)
    edges.reserveCapacity(2 * count)
    let top = Float(1).bitPattern
    for node in 0..<count {
      if graph.rows > 1 {
        keys.append(top - graph.weight(of: 2 * node).bitPattern)
        edges.append(UInt32(2 * node))
      }
      if node % graph.bins + 1 < graph.bins {
        keys.append(top - graph.weight(of: 2 * node + 1).bitPattern)
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

  /// Writes directions [M, 2, K].
  func store(into result: UnsafeMutablePointer<Float>, seed: UInt64) {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let weakest = PhaseTree.weakest * peak
    var block = SIMD4<UInt32>()
    for place in 0..<frames * bins {
      if place % 4 == 0 {
        block = Philox.block(counter: SIMD4(UInt32(place / 4), 0, 0, 0), key: key)
      }
      let (frame, bin) = place.quotientAndRemainder(dividingBy: bins)
      let phase = magnitudes[place] >= weakest ? phases[place] : block[place % 4]
      var (real, imaginary) = NormalNumbers.direction(phase)
      if bin == 0 || 2 * bin == fftSize { (real, imaginary) = (real < 0 ? -1 : 1, 0) }
      result[frame * 2 * bins + bin] = real
      result[frame * 2 * bins + bins + bin] = imaginary
    }
  }
}
