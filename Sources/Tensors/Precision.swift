/// How a ``Program`` stores what it computes.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Everything in 32 bits.
  case float32
  /// Feature maps in 16 bits between steps, everything else and all arithmetic in 32 bits.
  ///
  /// A stored number x becomes the half-precision number next to it: off by at most 2^-11 |x|
  /// between 6.1e-5 and 65504, by at most 3.0e-8 below, infinite from 65520 on. Gradients of a loss
  /// are often below, so training scales the loss.
  case mixed
}
