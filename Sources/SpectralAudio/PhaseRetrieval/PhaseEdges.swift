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
  let carriers: UnsafeMutablePointer<Float>
  let alongTime: Float, alongFrequency: Float
  /// How much less a level weighs than that of the bin below.
  let tilt: Float

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

  private func previousFrame(_ place: Int) -> Int {
    place >= bins ? place - bins : place - bins + levels.count
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
    let turn = secondStep(node) &- stepInFrequency(from: first)
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
    if edge & 1 == 0 { return withinNode(node) &+ stepInTime(from: lastPlace(node)) }
    let first = place(node), step = stepInFrequency(from: first)
    if !hasSecondFrame(node) { return step }
    let second = first + bins
    let (cosine, sine) = NormalNumbers.direction(secondStep(node) &- step)
    let weight = levels[first] * levels[first + 1]
    let otherWeight = levels[second] * levels[second + 1]
    return step &+ PhaseAngle.of(weight + otherWeight * cosine, otherWeight * sine)
  }

  /// The step to the next bin, by way of the second frames.
  private func secondStep(_ node: Int) -> UInt32 {
    withinNode(node) &+ stepInFrequency(from: place(node) + bins) &- withinNode(node + 1)
  }

  /// The phase of a node's second frame minus that of its first.
  func withinNode(_ node: Int) -> UInt32 {
    hasSecondFrame(node) ? stepInTime(from: place(node)) : 0
  }

  /// From a bin to the next frame's: the mean slope at both, and the carrier as an integer.
  private func stepInTime(from place: Int) -> UInt32 {
    let slope = acrossBins(place) + acrossBins(nextFrame(place))
    return PhaseAngle.bits(ofTurns: 0.5 * alongTime * slope)
      &+ UInt32(carriers[place % bins] * 0x1p32)
  }

  /// From a bin to the next of its frame: the mean slope at both.
  private func stepInFrequency(from place: Int) -> UInt32 {
    let slope = acrossFrames(place) + acrossFrames(place + 1)
    return PhaseAngle.bits(ofTurns: 0.5 * alongFrequency * slope)
  }

  /// L[m, k+1] - L[m, k-1], mirrored at both ends.
  private func acrossBins(_ place: Int) -> Float {
    let bin = place % bins
    let above = bin + 1 < bins ? place + 1 : max(place - 1, 0)
    let below = bin > 0 ? place - 1 : min(place + 1, levels.count - 1)
    return logarithm(levels[above], over: levels[below])
  }

  /// L[m+1, k] - L[m-1, k], around the loop.
  private func acrossFrames(_ place: Int) -> Float {
    logarithm(levels[nextFrame(place)], over: levels[previousFrame(place)])
  }

  /// log(a / b) of levels: 2 artanh((a - c) / (a + c)) by its series, with c = b times a power of two
  /// near a, so that a - c is exact. A difference of two logarithms would round 8 times as much.
  private func logarithm(_ a: Float, over b: Float) -> Float {
    let pattern = Int32(bitPattern: b.bitPattern)
    let exponent = (Int32(bitPattern: a.bitPattern) - pattern + 0x40_0000) >> 23
    let c = Float(bitPattern: UInt32(bitPattern: pattern + exponent << 23))
    let s = ReproducibleMath.moderateQuotient(a - c, a + c)
    let z = s * s
    let series: Float = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11))))
    return Float(exponent) * 0.693_147_2 + 2 * (s + s * z * series)
  }
}
