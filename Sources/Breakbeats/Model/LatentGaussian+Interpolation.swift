#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension LatentGaussian {
  /// Points on the way from one to another, at equal steps, both ends included.
  ///
  /// Straight: (1 - t) a + t b. The middle of two draws lies nearer to the mean than draws do, so
  /// its loop is tamer. Spherical keeps the distance from the mean, measured by the distribution
  /// itself: with u = L⁻¹ (a - mean), v = L⁻¹ (b - mean) and ω the angle between them,
  ///
  ///     mean + L (sin((1 - t) ω) u + sin(t ω) v) / sin ω
  ///
  /// (Shoemake 1985; White 2016 for latents). Where the angle is too near to 0 or 180 degrees to
  /// have a sine, the way is straight.
  ///
  /// - Parameters:
  ///   - start: The first point, ``count`` numbers.
  ///   - end: The last point.
  ///   - steps: Points, 2 to 1,000,000.
  ///   - spherical: Whether the way is an arc about the mean.
  /// - Throws: ``BreakbeatError`` for another number of steps; for a spherical way when the
  ///   distribution has no extent in some direction.
  public func interpolation(
    from start: [Float], to end: [Float], steps: Int, spherical: Bool = false
  ) throws -> [[Float]] {
    precondition(
      start.count == count && end.count == count,
      "interpolation: \(start.count) and \(end.count) latents of \(count)")
    guard (2...1_000_000).contains(steps) else {
      throw BreakbeatError(
        .invalidRequest, "an interpolation of \(steps) steps; choose 2 to 1000000")
    }
    let arc = spherical ? try Arc(from: whitened(start), to: whitened(end)) : nil
    return (0..<steps).map { step in
      switch step {
      // Exactly the ends, whatever the rounding.
      case 0: return start
      case steps - 1: return end
      default: break
      }
      let t = Double(step) / Double(steps - 1)
      if let arc, let weights = arc.weights(at: t) {
        return colored(zip(arc.start, arc.end).map { weights.0 * $0 + weights.1 * $1 })
      }
      return zip(start, end).map { Float((1 - t) * Double($0) + t * Double($1)) }
    }
  }

  /// L⁻¹ (z - mean), by forward substitution.
  func whitened(_ latents: [Float]) throws -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(count)
    for row in 0..<count {
      let diagonal = Double(factor[row * count + row])
      guard diagonal > 0 else {
        throw BreakbeatError(
          .invalidModel,
          "the latents' distribution has no extent along number \(row): there is no arc about its "
            + "mean; interpolate straight")
      }
      var sum = Double(latents[row]) - Double(mean[row])
      for column in 0..<row { sum -= Double(factor[row * count + column]) * result[column] }
      result.append(sum / diagonal)
    }
    return result
  }

  /// mean + L u.
  func colored(_ noise: [Double]) -> [Float] {
    (0..<count).map { row in
      var sum = Double(mean[row])
      for column in 0...row { sum += Double(factor[row * count + column]) * noise[column] }
      return Float(sum)
    }
  }
}

/// An arc between two directions from the origin.
private struct Arc {
  let start: [Double]
  let end: [Double]
  private let angle: Double

  init(from start: [Double], to end: [Double]) {
    self.start = start
    self.end = end
    let (a, b) = (Self.length(start), Self.length(end))
    let cosine = zip(start, end).reduce(0) { $0 + $1.0 * $1.1 } / (a * b)
    angle = a > 0 && b > 0 ? acos(min(max(cosine, -1), 1)) : 0
  }

  /// What the ends weigh at a part of the way; `nil` where the angle has no sine.
  func weights(at t: Double) -> (Double, Double)? {
    let sine = sin(angle)
    guard sine > 1e-6 else { return nil }
    return (sin((1 - t) * angle) / sine, sin(t * angle) / sine)
  }

  private static func length(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
