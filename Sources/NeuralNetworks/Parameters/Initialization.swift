public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the numbers of a fresh parameter are chosen.
public enum Initialization: Sendable, Hashable {
  /// All the same.
  case constant(Float)
  /// Uniform in `-bound..<bound`.
  case uniform(bound: Float)
  /// Normal with a mean of zero.
  case normal(deviation: Float)

  /// Uniform within 1/√n of zero, n numbers entering each sum.
  ///
  /// PyTorch's default for convolutions and linear layers: Kaiming uniform with a = √5 for
  /// weights, the same bound for biases.
  public static func fanIn(_ count: Int) -> Initialization {
    precondition(count > 0, "fan-in of \(count)")
    return .uniform(bound: 1 / Float(count).squareRoot())
  }

  /// Draws values; a constant draws none.
  public func values(count: Int, from random: inout PhiloxStream) -> [Float] {
    switch self {
    case .constant(let value):
      return [Float](repeating: value, count: count)
    case .uniform(let bound):
      return (0..<count).map { _ in bound * Float(2 * random.uniform() - 1) }
    case .normal(let deviation):
      return (0..<count).map { _ in deviation * Float(random.standardNormal()) }
    }
  }
}

extension PhiloxStream {
  /// A number of the standard normal distribution; always consumes two numbers (Box-Muller).
  public mutating func standardNormal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
