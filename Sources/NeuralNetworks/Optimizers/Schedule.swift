#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A number that changes over a run: the learning rate, the weight of a loss term.
public enum Schedule: Sendable, Hashable, Codable {
  /// The same at every step.
  case constant(Double)

  /// Rises linearly to `value` over the first `steps` steps, and stays there.
  case rising(to: Double, over: Int)

  /// Rises linearly to `peak` over `warmUp` steps, then falls on half a cosine to
  /// `floor · peak` at step `total`.
  case warmUpCosine(peak: Double, warmUp: Int, total: Int, floor: Double)

  /// The value at a step, counted from 0; finite for every step.
  public func value(at step: Int) -> Double {
    switch self {
    case .constant(let value):
      return value
    case .rising(let value, let steps):
      return value * min(1, Double(step + 1) / Double(max(steps, 1)))
    case .warmUpCosine(let peak, let warmUp, let total, let floor):
      let rise = min(1, Double(step + 1) / Double(max(warmUp, 1)))
      let progress = Double(step - warmUp) / Double(max(total - warmUp, 1))
      let fall = 0.5 + 0.5 * cos(.pi * min(max(progress, 0), 1))
      return peak * rise * (floor + (1 - floor) * fall)
    }
  }
}
