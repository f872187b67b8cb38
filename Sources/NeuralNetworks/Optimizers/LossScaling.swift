public import Tensors

/// Keeps gradients of programs in `Precision.mixed` within the range of half precision.
///
/// Gradients are taken of s · loss instead of the loss; the optimizer divides them by s. s is a
/// power of two, so that both are exact. With n the norm of all gradients of s · loss together:
///
///     n finite:       s ← 2 s after ``Rule/growthInterval`` such steps in a row, at most 2^24
///     otherwise:      s ← s / 2, at least 1; the step changes no parameter, moment or average
///
/// All of it runs on the device, as part of the program that updates the parameters; s and the
/// number of steps since it last changed are variables, which a checkpoint keeps as it keeps moments.
///
/// ```swift
/// let scaling = try LossScaling(on: backend)
/// let gradients = (loss * scaling.factor).gradients(withRespectTo: weights)
/// let step = try AdamW().step(for: parameters, gradients: gradients, scaling: scaling)
/// ```
///
/// Source: Micikevicius et al., "Mixed precision training" (2018), section 3.2; PyTorch's
/// `GradScaler` grows after as many steps.
public struct LossScaling: Sendable {
  /// How the scale changes.
  public struct Rule: Sendable, Hashable {
    /// s at first, a power of two from 1 to 2^24.
    public var initialScale: Float
    /// Steps without overflow before s doubles.
    public var growthInterval: Int

    /// A rule; PyTorch's by default.
    public init(initialScale: Float = 65536, growthInterval: Int = 2000) {
      precondition(
        (1...LossScaling.largest).contains(initialScale) && initialScale.significand == 1,
        "loss scaling from \(initialScale): a power of two from 1 to 2^24 is needed")
      precondition(
        (1...1_000_000).contains(growthInterval), "loss scaling every \(growthInterval) steps")
      self.initialScale = initialScale
      self.growthInterval = growthInterval
    }
  }

  private static let largest: Float = 16_777_216

  private let rule: Rule
  private let scale: Variable
  private let goodSteps: Variable

  /// A scale with its counter.
  ///
  /// - Throws: `TensorError` when the device has no memory left.
  public init(_ rule: Rule = Rule(), on backend: any Backend) throws {
    self.rule = rule
    scale = try Variable([rule.initialScale], shape: [], name: "lossScale", on: backend)
    goodSteps = try Variable([0], shape: [], name: "lossScale.goodSteps", on: backend)
  }

  /// s, `[]`: what the loss is multiplied by.
  public var factor: Tensor { Tensor(scale) }

  /// What a checkpoint needs.
  public var state: [Variable] { [scale, goodSteps] }

  /// 1 where the norm of the scaled gradients is finite, else 0.
  func isUsable(_ scaledNorm: Tensor) -> Tensor {
    greater(.constant(.greatestFiniteMagnitude), scaledNorm)
  }

  /// A value where a flag is 1, and 0 where it is 0, even of what is no number: the gradient of ReLU
  /// is 0 below 0, whatever comes from above.
  static func kept(_ value: Tensor, where flag: Tensor) -> Tensor {
    relu(flag).gradients(withRespectTo: [flag], upstream: value)[0]
  }

  /// The scale and the counter after a step.
  func updates(isUsable: Tensor) -> [Update] {
    let count = (Tensor(goodSteps) + 1) * isUsable
    let grows = greater(count, .constant(Float(rule.growthInterval) - 0.5))
    let changed = Tensor(scale) * (isUsable * (grows + 0.5) + 0.5)
    let next = minimum(maximum(changed, .constant(1)), .constant(Self.largest))
    return [
      Update(Assign(), of: [scale], from: [next]),
      Update(Assign(), of: [goodSteps], from: [count * (1 - grows)]),
    ]
  }
}
