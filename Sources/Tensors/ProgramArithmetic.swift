import CMatrix

/// How a ``Program`` rounds what it computes.
public enum Arithmetic: String, Sendable, Hashable, Codable, CaseIterable {
  /// As each device computes fastest: sums in an order that suits it, products and sums rounded once or
  /// twice, its own division, roots and exponential function. Results differ from device to device in the
  /// last digits.
  case fast
  /// The same bits on every device: each sum is one chain in one order, each product and sum is rounded by
  /// itself, division, roots and the exponential function are sequences of those.
  ///
  /// Vulkan requires additions and multiplications in single precision to be correctly rounded (every known
  /// device rounds to the nearest number), and drivers to leave them alone where shaders say so. Exceptions
  /// are subnormal numbers (below 1.2e-38), which devices may take for 0, the signs of zeros, and NaN. Costs up
  /// to half of the speed of matrix products and convolutions, which lose fused multiply-adds, and large
  /// devices idle where a single sum is long.
  ///
  /// Possible for matrix products and convolutions, normalization, arithmetic, roots, exponentials,
  /// logarithms, sigmoid, SiLU and tanh, maxima, copies of every kind, mel inversion, phase retrieval and
  /// Fourier matrices; not for sums over axes, other activations, gradients and updates, nor in mixed
  /// precision. A program with any of these traps where it is compiled; see
  /// ``Program/isReproducible(_:on:)``.
  case reproducible

  /// Calls `body` with the CPU kernels of this arithmetic.
  func onCPU<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = cmatrix_use_reproducible_kernels(self == .reproducible)
    defer { _ = cmatrix_use_reproducible_kernels(before) }
    return try body()
  }
}

extension Program {
  /// Whether expressions can be computed in ``Arithmetic/reproducible`` on a backend.
  public static func isReproducible(_ outputs: [Tensor], on backend: any Backend) -> Bool {
    Plan(
      outputs: outputs, updates: [], backend: backend, label: "program",
      passes: [.fuse, .epilogues]
    ).steps.allSatisfy {
      if case .compute(let operation, _, _) = $0 { operation.isReproducible } else { false }
    }
  }
}

extension Plan {
  /// The pass *validate* for reproducible arithmetic: every operation has it.
  func checkReproducibility(_ precision: Precision) {
    precondition(
      precision == .float32, "program \(label): reproducible arithmetic in \(precision) precision")
    for step in steps {
      guard case .compute(let operation, _, _) = step else {
        preconditionFailure("program \(label): updates have no reproducible arithmetic")
      }
      precondition(
        operation.isReproducible,
        "program \(label): \(self.label(of: step)) has no reproducible arithmetic")
    }
  }
}
