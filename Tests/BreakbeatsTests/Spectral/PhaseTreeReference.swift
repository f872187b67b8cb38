import Foundation

/// The definition of a phase tree in Double: Prim's algorithm over the same weights and edge numbers.
/// N 64, window 48, hop 8.
struct PhaseTreeReference {
  let magnitudes: [Float]
  let frames: Int, bins: Int, framesPerNode: Int

  private var rows: Int { (frames + framesPerNode - 1) / framesPerNode }

  private func level(_ frame: Int, _ bin: Int) -> Float {
    let peak = magnitudes.max() ?? 0
    let scale = Float(sign: .plus, exponent: -Int(peak.exponent) - 1, significand: 1)
    let bin = bin < 0 ? -bin : bin < bins ? bin : 2 * bins - 2 - bin
    return max(magnitudes[(frame + frames) % frames * bins + bin] * scale, 0x1p-17)
  }

  private func product(_ a: (frame: Int, bin: Int), _ b: (frame: Int, bin: Int)) -> Float {
    let leaning = { (m: Int, k: Int) in level(m, k) * (1 - 0x1p-8 * Float(k)) }
    return leaning(a.frame, a.bin) * leaning(b.frame, b.bin)
  }

  private func log(_ frame: Int, _ bin: Int) -> Double {
    Foundation.log(Double(level(frame, bin)))
  }

  private func stepInTime(_ m: Int, _ k: Int) -> Double {
    let slope = { (m: Int) in log(m, k + 1) - log(m, k - 1) }
    return 8.0 * 64 / (2 * Self.gamma) * (slope(m) + slope(m + 1)) / 2
      + 2 * .pi * 8 * Double(k) / 64
  }

  private func stepInFrequency(_ m: Int, _ k: Int) -> Double {
    let slope = { (k: Int) in log(m + 1, k) - log(m - 1, k) }
    return -Self.gamma / (2 * 8 * 64) * (slope(k) + slope(k + 1)) / 2
  }

  private static let gamma = 0.25645 * 48 * 48

  private func hasSecond(_ row: Int) -> Bool { framesPerNode == 2 && 2 * row + 1 < frames }

  private func within(_ row: Int, _ k: Int) -> Double {
    hasSecond(row) ? stepInTime(2 * row, k) : 0
  }

  private func square(_ product: Float) -> Float { 0.25 * product * product }

  /// An edge's far end, weight and phase difference.
  private func edge(_ edge: Int) -> (far: Int, weight: Float, step: Double) {
    let (row, k) = (edge / 2 / bins, edge / 2 % bins)
    let first = framesPerNode * row
    let last = hasSecond(row) ? first + 1 : first
    if edge % 2 == 0 {
      return (
        (row + 1) % rows * bins + k, square(product((last, k), (last + 1, k))),
        within(row, k) + stepInTime(last, k)
      )
    }
    let far = edge / 2 + 1
    let weight = product((first, k), (first, k + 1))
    let step = stepInFrequency(first, k)
    guard hasSecond(row) else { return (far, square(weight), step) }
    let other = within(row, k) + stepInFrequency(last, k) - within(row, k + 1)
    let (a, b) = (
      Double(level(first, k) * level(first, k + 1)), Double(level(last, k) * level(last, k + 1))
    )
    let angle = atan2(a * sin(step) + b * sin(other), a * cos(step) + b * cos(other))
    let (p, q) = (Double(weight), Double(product((last, k), (last, k + 1))))
    let length = (p - q) * (p - q) + 2 * p * q * (1 + cos(other - step))
    return (far, Float(length / 4), angle)
  }

  /// The phase of every bin, 0 where the heaviest edge begins.
  func phases() -> [Double] {
    let edges = (0..<2 * rows * bins).filter { $0 % 2 == 0 || $0 / 2 % bins < bins - 1 }
      .map { (node: $0 / 2, edge: edge($0)) }
    var phases = [Double](repeating: .nan, count: rows * bins)
    phases[0] = 0
    for _ in 1..<phases.count {
      let open = edges.filter { phases[$0.node].isNaN != phases[$0.edge.far].isNaN }
      guard var best = open.first else { break }
      for edge in open where edge.edge.weight > best.edge.weight { best = edge }
      if phases[best.edge.far].isNaN {
        phases[best.edge.far] = phases[best.node] + best.edge.step
      } else {
        phases[best.node] = phases[best.edge.far] - best.edge.step
      }
    }
    guard var heaviest = edges.first else { return [] }
    for edge in edges where edge.edge.weight > heaviest.edge.weight { heaviest = edge }
    let reference = phases[heaviest.node]
    return (0..<frames * bins).map { place in
      let (frame, bin) = (place / bins, place % bins)
      let row = frame / framesPerNode
      let phase = phases[row * bins + bin] - reference
      return frame == framesPerNode * row ? phase : phase + within(row, bin)
    }
  }
}
