import Tensors

/// By what gradients are scaled before an optimizer sees them.
///
/// With the norm n of all gradients together and the running mean r of norms so far:
///
///     n' = min(n, limit, spike · r)            r counts from the second step on
///     scale = n' / (n + 1e-6)                  at most 1
///     r ← r + (n' - r) / 50                    n at the first step
///
/// A fixed limit is PyTorch's `clip_grad_norm_`. A limit relative to the running mean leaves
/// ordinary steps alone, however large gradients are, and bounds what one broken batch can do.
struct GradientClipping {
  /// The factor, `[]`.
  let scale: Tensor
  /// Keeps the running mean.
  let updates: [Update]
  /// The running mean, where there is one.
  let state: [Variable]

  /// - Parameter isUsable: 1, or 0 where the step changes nothing and the norm is 0; `nil` for steps
  ///   that always do.
  init(
    norm: Tensor, limit: Double?, spike: Double?, isUsable: Tensor? = nil, on backend: any Backend
  ) throws {
    var bound = Tensor.constant(limit.map { Float($0) } ?? Self.none)
    guard let spike else {
      scale = Self.scale(norm, bound)
      (updates, state) = ([], [])
      return
    }
    let mean = try Variable([0], shape: [], name: "gradientNorm.mean", on: backend)
    let hasMean = greater(Tensor(mean), .constant(0))
    let relative = Tensor(mean) * Float(spike) + (1 - hasMean) * Self.none
    bound = minimum(bound, relative)
    scale = Self.scale(norm, bound)
    var share = 1 - hasMean * Float(1 - 1 / Self.memory)
    if let isUsable { share = share * isUsable }
    let next = Tensor(mean) + share * (minimum(norm, bound) - Tensor(mean))
    updates = [Update(Assign(), of: [mean], from: [next])]
    state = [mean]
  }

  /// More than any norm; its quotient by the smallest divisor is still a number.
  private static let none: Float = 1e30

  /// Steps that the running mean remembers.
  private static let memory = 50.0

  /// The guard against division by 0 is PyTorch's.
  private static func scale(_ norm: Tensor, _ bound: Tensor) -> Tensor {
    minimum(bound * reciprocal(norm + 1e-6), .constant(1))
  }
}
