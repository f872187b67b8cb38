import TensorKernels
import VulkanCompute

/// One step of stochastic gradient descent with momentum, with PyTorch's meaning of every number.
///
/// With g = s · gradient + λ p and step size η:
///
///     b ← μ b + g
///     p ← p - η b            or p - η (g + μ b) for Nesterov's momentum
///
/// A momentum buffer b of zeros before the first step is what PyTorch starts from.
///
/// **Targets** parameter p, momentum b. **Inputs** the gradient, and [2] numbers: η, s.
/// **Cost** one dispatch.
public struct SGDUpdate: UpdateOperation {
  /// μ, memory of past gradients.
  public var momentum: Float = 0
  /// λ, pull of the parameters towards 0.
  public var weightDecay: Float = 0
  /// Whether the step looks ahead along the momentum.
  public var isNesterov = false
  /// Whether a scale s of 0 leaves every target as it is, whatever the gradient holds.
  public var skipsScaleOfZero = false

  /// Descent with a momentum.
  public init(momentum: Float = 0, weightDecay: Float = 0, isNesterov: Bool = false) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.isNesterov = isNesterov
  }

  /// The name in reports.
  public static var name: String { "SGD" }

  /// Traps when the shapes do not fit.
  public func check(targets: [Shape], inputs: [Shape]) {
    precondition(
      targets.count == 2 && inputs.count == 2 && inputs[1] == [2],
      "SGD: targets \(targets), inputs \(inputs)")
    precondition(
      targets.allSatisfy { $0 == inputs[0] }, "SGD: gradient \(inputs[0]) for \(targets)")
  }

  /// Changes the targets on the CPU.
  public func evaluate(_ targets: [CPUTensor], inputs: [CPUTensor], on workers: CPUWorkers) {
    let (p, b, gradient) = (targets[0].floats, targets[1].floats, inputs[0].floats)
    let (size, scale) = (inputs[1].floats[0], inputs[1].floats[1])
    if skipsScaleOfZero && scale == 0 { return }
    let (momentum, weightDecay, isNesterov) = (momentum, weightDecay, isNesterov)
    workers.forEachRange(targets[0].count) { range in
      forEachVector(in: range) { index, load, store in
        let parameter = load(p, index)
        let g = load(gradient, index) * scale + parameter * weightDecay
        let buffer = load(b, index) * momentum + g
        store(b, index, buffer)
        store(p, index, parameter - size * (isNesterov ? g + buffer * momentum : buffer))
      }
    }
  }

  /// 6 operations for each parameter.
  public func arithmetic(targets: [Shape]) -> Double { 6 * Double(targets[0].count) }

  /// Declares the dispatch that changes the targets.
  public func record(
    _ targets: [GraphTensor], inputs: [GraphTensor], with recorder: inout Recorder
  ) {
    recorder.dispatch(
      SgdUpdateKernel.self,
      .init(
        parameter: targets[0].range, momentum: targets[1].range, gradient: inputs[0].range,
        numbers: inputs[1].range),
      specialization: .init(
        isNesterov: isNesterov, skipsScaleOfZero: skipsScaleOfZero),
      constants: .init(
        count: UInt32(targets[0].count), decay: momentum, weightDecay: weightDecay),
      workgroups: .covering(targets[0].count, by: 64),
      arithmetic: arithmetic(targets: [targets[0].shape]))
  }
}
