import TensorKernels
import VulkanCompute

/// One step of Adam or AdamW, with PyTorch's meaning of every number.
///
/// With g = s · gradient (+ λ p, unless decoupled), step size η and β^t of step t:
///
///     p ← (1 - η λ) p                         when decoupled (AdamW)
///     m ← β₁ m + (1 - β₁) g
///     v ← β₂ v + (1 - β₂) g²
///     v̂ ← max(v̂, v)                           with AMSGrad, else v̂ = v
///     p ← p - η / (1 - β₁^t) · m / (√v̂ / √(1 - β₂^t) + ε)
///     a ← a + (1 - d) (p - a)                 when an average of the parameter is kept
///
/// **Targets** parameter p, first moment m, second moment v, with AMSGrad the maximum v̂, and with an
/// average a.
/// **Inputs** the gradient, and [4] numbers: η, 1 - β₁^t, 1 - β₂^t, s (for clipping); with an average
/// [5]: η, 1 - β₁^t, 1 - β₂^t, 1 - d, s.
/// **Cost** one dispatch. Source: Kingma, Ba 2015; Loshchilov, Hutter 2019; Reddi et al. 2018.
public struct AdamUpdate: UpdateOperation {
  /// β₁, memory of the first moment.
  public var firstDecay = 0.9
  /// β₂, memory of the second moment.
  public var secondDecay = 0.999
  /// ε, keeps the division finite.
  public var epsilon = 1e-8
  /// λ, pull of the parameters towards 0.
  public var weightDecay = 0.0
  /// Whether weight decay acts on the parameter itself (AdamW) and not through the gradient.
  public var isDecoupled = false
  /// Whether the largest second moment so far divides the step.
  public var usesMaximum = false
  /// Whether a moving average of the parameter is kept beside it.
  public var keepsAverage = false
  /// Whether a scale s of 0 leaves every target as it is, whatever the gradient holds.
  public var skipsScaleOfZero = false

  /// Adam with PyTorch's defaults.
  public init() {}

  /// The name in reports.
  public static var name: String { "Adam" }

  /// Traps when the shapes do not fit.
  public func check(targets: [Shape], inputs: [Shape]) {
    let count = 3 + (usesMaximum ? 1 : 0) + (keepsAverage ? 1 : 0)
    precondition(targets.count == count, "Adam: \(targets.count) targets, \(count) are needed")
    let numbers: Shape = keepsAverage ? [5] : [4]
    precondition(
      inputs.count == 2 && inputs[1] == numbers,
      "Adam: inputs \(inputs), not a gradient and \(numbers)")
    precondition(
      targets.allSatisfy { $0 == inputs[0] }, "Adam: gradient \(inputs[0]) for \(targets)")
  }

  /// Changes the targets on the CPU.
  public func evaluate(_ targets: [CPUTensor], inputs: [CPUTensor], on workers: CPUWorkers) {
    let (p, m, v) = (targets[0].floats, targets[1].floats, targets[2].floats)
    let largest = usesMaximum ? targets[3].floats : v
    let average = targets[targets.count - 1].floats
    let gradient = inputs[0].floats
    let step = Step(self, inputs[1].floats)
    if skipsScaleOfZero && step.scale == 0 { return }
    workers.forEachRange(targets[0].count) { range in
      forEachVector(in: range) { index, load, store in
        var (parameter, first, second) = (load(p, index), load(m, index), load(v, index))
        step.apply(
          gradient: load(gradient, index), parameter: &parameter, first: &first, second: &second)
        store(m, index, first)
        store(v, index, second)
        if usesMaximum {
          let before = load(largest, index)
          second = before.replacing(with: second, where: second .> before)
          store(largest, index, second)
        }
        parameter = step.moved(parameter, first, second)
        store(p, index, parameter)
        guard keepsAverage else { return }
        let before = load(average, index)
        store(average, index, before + step.averageRest * (parameter - before))
      }
    }
  }

  /// 16 operations for each parameter, 3 more for an average.
  public func arithmetic(targets: [Shape]) -> Double {
    (keepsAverage ? 19 : 16) * Double(targets[0].count)
  }

  /// Declares the dispatch that changes the targets.
  public func record(
    _ targets: [GraphTensor], inputs: [GraphTensor], with recorder: inout Recorder
  ) {
    recorder.dispatch(
      AdamUpdateKernel.self,
      .init(
        parameter: targets[0].range, firstMoment: targets[1].range,
        secondMoment: targets[2].range, maximumMoment: targets[usesMaximum ? 3 : 2].range,
        average: targets[keepsAverage ? targets.count - 1 : 2].range,
        gradient: inputs[0].range, numbers: inputs[1].range),
      specialization: .init(
        isDecoupled: isDecoupled, usesMaximum: usesMaximum, keepsAverage: keepsAverage,
        skipsScaleOfZero: skipsScaleOfZero),
      constants: .init(
        count: UInt32(targets[0].count), firstDecay: Float(firstDecay),
        firstRest: Float(1 - firstDecay), secondDecay: Float(secondDecay),
        secondRest: Float(1 - secondDecay), epsilon: Float(epsilon),
        weightDecay: Float(weightDecay)),
      workgroups: .covering(targets[0].count, by: 64),
      arithmetic: arithmetic(targets: [targets[0].shape]))
  }
}

/// The numbers of one step, in single precision. 1 - β is rounded once, not subtracted from a
/// rounded β, which would be off by 5e-5 for β = 0.999.
private struct Step {
  private let firstDecay, firstRest, secondDecay, secondRest, epsilon: Float
  private let decay, shrink, size, root: Float
  let averageRest, scale: Float

  init(_ update: AdamUpdate, _ numbers: UnsafeMutablePointer<Float>) {
    firstDecay = Float(update.firstDecay)
    firstRest = Float(1 - update.firstDecay)
    secondDecay = Float(update.secondDecay)
    secondRest = Float(1 - update.secondDecay)
    epsilon = Float(update.epsilon)
    decay = update.isDecoupled ? 0 : Float(update.weightDecay)
    shrink = update.isDecoupled ? 1 - numbers[0] * Float(update.weightDecay) : 1
    size = numbers[0] / numbers[1]
    root = numbers[2].squareRoot()
    averageRest = update.keepsAverage ? numbers[3] : 0
    scale = numbers[update.keepsAverage ? 4 : 3]
  }

  @inline(__always)
  func apply(
    gradient: SIMD8<Float>, parameter: inout SIMD8<Float>, first: inout SIMD8<Float>,
    second: inout SIMD8<Float>
  ) {
    let g = gradient * scale + parameter * decay
    parameter *= shrink
    first = first * firstDecay + g * firstRest
    second = second * secondDecay + g * g * secondRest
  }

  @inline(__always)
  func moved(
    _ parameter: SIMD8<Float>, _ first: SIMD8<Float>, _ second: SIMD8<Float>
  ) -> SIMD8<Float> {
    parameter - size * first / (second.squareRoot() / root + epsilon)
  }
}
