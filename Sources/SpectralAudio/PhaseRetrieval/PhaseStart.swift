public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The phases that phase retrieval starts from.
public enum PhaseStart: Sendable, Hashable {
  /// Phases integrated from the gradient of the magnitudes along a maximum spanning tree: as good
  /// as dozens of iterations. The seed is for bins too weak to matter. See ``PhaseGradient``.
  case tree(seed: UInt64 = 0)
  /// The same along a tree of pairs of frames. For decoded pictures, which are smooth along time: a
  /// better start there, and hardly ever another one for a picture that differs by rounding. For
  /// pictures of real loops behind ``tree(seed:)`` by a decibel.
  case pairedTree(seed: UInt64 = 0)
  /// Phase 0 everywhere.
  case zero
  /// Independent phases, the same for every item of a batch: equal pictures give equal loops,
  /// wherever they stand.
  case random(seed: UInt64)
  /// The phases of complex numbers, [M, 2, K] for all items or [B, M, 2, K].
  case given(Tensor)

  /// Complex numbers with these phases for magnitudes [B, M, K]: [M, 2, K] for all items, [B, M, 2,
  /// K], or as given.
  func directions(for magnitudes: Tensor, gradient: PhaseGradient?) -> Tensor {
    let (frames, bins) = (magnitudes.shape[1], magnitudes.shape[2])
    switch self {
    case .tree(let seed): return Self.tree(magnitudes, gradient, seed, framesPerNode: 1)
    case .pairedTree(let seed): return Self.tree(magnitudes, gradient, seed, framesPerNode: 2)
    case .given(let tensor): return tensor
    case .zero:
      return .constant(Self.values(frames, bins) { (1, 0) }, shape: [frames, 2, bins])
    case .random(let seed):
      var random = PhiloxStream(seed: seed)
      let values = Self.values(frames, bins) {
        let angle = 2 * Double.pi * random.uniform()
        return (cos(angle), sin(angle))
      }
      return .constant(values, shape: [frames, 2, bins])
    }
  }

  private static func tree(
    _ magnitudes: Tensor, _ gradient: PhaseGradient?, _ seed: UInt64, framesPerNode: Int
  ) -> Tensor {
    guard let gradient else {
      preconditionFailure("phase start: a tree needs circular frames and a Hann window")
    }
    return PhaseTree.directions(
      of: magnitudes, gradient: gradient, seed: seed, framesPerNode: framesPerNode)
  }

  private static func values(
    _ frames: Int, _ bins: Int, _ next: () -> (Double, Double)
  ) -> [Float] {
    var values = [Float](repeating: 0, count: frames * 2 * bins)
    for frame in 0..<frames {
      for bin in 0..<bins {
        let (real, imaginary) = next()
        values[2 * frame * bins + bin] = Float(real)
        values[(2 * frame + 1) * bins + bin] = Float(imaginary)
      }
    }
    return values
  }
}

extension Tensor {
  /// e^(jφ) of angles φ, computed on the host: for phases that come from a file.
  ///
  /// - Parameters:
  ///   - phases: Angles in radians, row-major [M, K].
  ///   - frames: M.
  /// - Returns: A constant [M, 2, K] for ``PhaseStart/given(_:)``.
  public static func phasors(_ phases: [Float], frames: Int) -> Tensor {
    let bins = phases.count / max(frames, 1)
    precondition(
      bins > 0 && bins * frames == phases.count,
      "phasors: \(phases.count) angles, \(frames) frames")
    var values = [Float](repeating: 0, count: 2 * phases.count)
    for (index, phase) in phases.enumerated() {
      let (frame, bin) = index.quotientAndRemainder(dividingBy: bins)
      values[2 * frame * bins + bin] = Float(cos(Double(phase)))
      values[(2 * frame + 1) * bins + bin] = Float(sin(Double(phase)))
    }
    return .constant(values, shape: [frames, 2, bins])
  }
}
