import Tensors

/// The graph that a ``PhaseTree`` spans: weights of its edges, and the phase differences along them.
/// The twin of `phase_tree.glsl`, `phase_gradient.glsl` and what includes them.
///
/// With one frame per node, node i is bin i % K of frame i / K. With two, row r of nodes holds the
/// frames 2r and 2r + 1 (the last row one, where the number is odd), joined by the step in time
/// between them; a node's phase is that of its first frame. Edge 2i leads to the same bin of the next
/// row, edge 2i + 1 to the next bin of the same row.
struct PhaseEdges {
  let frames: Int, bins: Int, framesPerNode: Int
  /// Magnitudes [M, K], between 2⁻¹⁷ and 1.
  let levels: UnsafeBufferPointer<Float>
  /// How much less a level weighs than that of the bin below.
  let tilt: Float
  /// From each bin to the next frame's, and to the next of its frame: every edge needs several of them.
  private let timeSteps: [UInt32], frequencySteps: [UInt32]

  /// - Parameters:
  ///   - carriers: Turns of each bin from frame to frame.
  ///   - gradient: Phase differences from levels.
  init(
    frames: Int, bins: Int, framesPerNode: Int, levels: UnsafeBufferPointer<Float>,
    carriers: UnsafeMutablePointer<Float>, gradient: PhaseGradient, tilt: Float
  ) {
    (self.frames, self.bins, self.framesPerNode) = (frames, bins, framesPerNode)
    (self.levels, self.tilt) = (levels, tilt)
    let slopes = PhaseSlopes(frames: frames, bins: bins, levels: levels)
    timeSteps = slopes.timeSteps(gradient.turnsAlongTime, carriers)
    frequencySteps = slopes.frequencySteps(gradient.turnsAlongFrequency)
  }

  var rows: Int { (frames + framesPerNode - 1) / framesPerNode }
  var nodeCount: Int { rows * bins }

  /// A node's bin in its first frame, as an index of levels.
  private func place(_ node: Int) -> Int { node + node / bins * (framesPerNode - 1) * bins }

  func hasSecondFrame(_ node: Int) -> Bool {
    framesPerNode == 2 && node / bins * 2 + 1 < frames
  }

  private func lastPlace(_ node: Int) -> Int {
    hasSecondFrame(node) ? place(node) + bins : place(node)
  }

  func farEnd(of edge: Int) -> Int {
    let node = edge >> 1
    if edge & 1 == 1 { return node + 1 }
    return node + bins < nodeCount ? node + bins : node + bins - nodeCount
  }

  private func nextFrame(_ place: Int) -> Int {
    place + bins < levels.count ? place + bins : place + bins - levels.count
  }

  // MARK: Weights

  /// A quarter of the square of the product of the levels that an edge joins. Of two frames, of the
  /// length of the sum of both frames' products times their directions: least where the directions are
  /// opposite, and their mean would be as uncertain as it is arbitrary.
  func weight(of edge: Int) -> Float {
    let node = edge >> 1, bin = node % bins
    if edge & 1 == 0 {
      let last = lastPlace(node)
      let product = leaning(last, bin) * leaning(nextFrame(last), bin)
      return 0.25 * product * product
    }
    let first = place(node), second = first + bins
    let product = leaning(first, bin) * leaning(first + 1, bin + 1)
    if !hasSecondFrame(node) { return 0.25 * product * product }
    let other = leaning(second, bin) * leaning(second + 1, bin + 1)
    let turn = secondStep(node) &- frequencySteps[first]
    // |a + b e^(jθ)|² = (a - b)² + 4ab cos²(θ/2), the same for θ and -θ to the last bit.
    let (cosine, _) = NormalNumbers.direction(min(turn, 0 &- turn) >> 1)
    let difference = product - other
    return max(0.25 * difference * difference + product * other * (cosine * cosine), 0x1p-100)
  }

  private func leaning(_ place: Int, _ bin: Int) -> Float {
    levels[place] * (1 - tilt * Float(bin))
  }

  // MARK: Phase differences

  /// The phase at an edge's far end minus that at its node, in turns of 2³².
  func difference(along edge: Int) -> UInt32 {
    let node = edge >> 1
    if edge & 1 == 0 { return withinNode(node) &+ timeSteps[lastPlace(node)] }
    let first = place(node), step = frequencySteps[first]
    if !hasSecondFrame(node) { return step }
    let second = first + bins
    let (cosine, sine) = NormalNumbers.direction(secondStep(node) &- step)
    let weight = levels[first] * levels[first + 1]
    let otherWeight = levels[second] * levels[second + 1]
    return step &+ PhaseAngle.of(weight + otherWeight * cosine, otherWeight * sine)
  }

  /// The step to the next bin, by way of the second frames.
  private func secondStep(_ node: Int) -> UInt32 {
    withinNode(node) &+ frequencySteps[place(node) + bins] &- withinNode(node + 1)
  }

  /// The phase of a node's second frame minus that of its first.
  func withinNode(_ node: Int) -> UInt32 {
    hasSecondFrame(node) ? timeSteps[place(node)] : 0
  }
}
