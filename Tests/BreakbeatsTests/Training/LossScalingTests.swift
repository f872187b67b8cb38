import BreakbeatTraining
import NeuralNetworks
import Tensors
import Testing

/// Loss scaling: how the scale moves, what an overflow leaves alone, and that it changes no bit of a
/// step that has none.
@Suite("Loss scaling", .sharesDevices) struct LossScalingTests {
  /// Descends on w · slope, whose gradient is the slope.
  private final class Descent {
    let weight, average: Variable
    let step: OptimizerStep
    private let slope = Tensor.input([2], name: "slope")
    private let program: Program
    private var index = 0

    init(
      _ rule: LossScaling.Rule?, limit: Double? = nil, spike: Double? = 10, on backend: any Backend
    ) throws {
      weight = try Variable([1, 2], shape: [2], name: "weight", on: backend)
      average = try Variable([1, 2], shape: [2], name: "average", on: backend)
      let scaling = try rule.map { try LossScaling($0, on: backend) }
      let loss = (Tensor(weight) * slope).sum()
      let scaled = scaling.map { loss * $0.factor } ?? loss
      step = try AdamW(weightDecay: 0.1, averageDecay: 0.9).step(
        for: [weight], gradients: scaled.gradients(withRespectTo: [Tensor(weight)]),
        clippingNormTo: limit, clippingSpikesBeyond: spike, averages: [average], scaling: scaling)
      program = try Program(
        outputs: [step.gradientNorm] + (step.isUsable.map { [$0] } ?? []), updates: step.updates,
        on: backend)
    }

    /// A step; the norm of its gradients, and whether it counted.
    @discardableResult
    func descend(_ slopes: [Float]) throws -> (norm: Float, isUsable: Float) {
      try program.set(slope, to: slopes)
      try program.set(step.numbers, to: step.values(at: index, learningRate: 0.01))
      index += 1
      try program.run()
      return (
        try program.values(of: step.gradientNorm)[0],
        try step.isUsable.map { try program.values(of: $0)[0] } ?? 1
      )
    }

    /// Every number that a step may change but those of the scale.
    func numbers() throws -> [UInt32] {
      let variables = [weight, average] + step.state.filter { !$0.name.hasPrefix("lossScale") }
      return try variables.flatMap { try $0.values() }.map(\.bitPattern)
    }

    func scale() throws -> [Float] {
      try step.state.filter { $0.name.hasPrefix("lossScale") }.flatMap { try $0.values() }
    }
  }

  @Test("without overflow not a bit changes", arguments: TestDevice.all)
  func isExact(_ device: TestDevice) throws {
    for (limit, spike) in [(nil, 10), (0.5, nil), (nil, nil)] as [(Double?, Double?)] {
      let plain = try Descent(nil, limit: limit, spike: spike, on: device.backend)
      let scaled = try Descent(.init(), limit: limit, spike: spike, on: device.backend)
      for slopes in [[0.3, 0.4], [-0.7, 1e-3], [200, 3], [0.1, 0.2]] as [[Float]] {
        let (norm, _) = try plain.descend(slopes)
        let result = try scaled.descend(slopes)
        #expect(result.norm == norm && result.isUsable == 1)
      }
      // The driver may contract multiplications and additions of another expression differently.
      if device.backend is CPUBackend {
        #expect(try plain.numbers() == scaled.numbers())
      }
    }
  }

  @Test("an overflow skips the step and halves the scale", arguments: TestDevice.all)
  func skips(_ device: TestDevice) throws {
    for broken in [[.infinity, 1], [1, -.infinity], [.nan, 1], [3e38, 1]] as [[Float]] {
      for (limit, spike) in [(nil, 10), (0.5, nil), (nil, nil)] as [(Double?, Double?)] {
        let descent = try Descent(.init(), limit: limit, spike: spike, on: device.backend)
        try descent.descend([0.3, 0.4])
        let before = try descent.numbers()
        #expect(try descent.scale() == [65536, 1])
        let (norm, isUsable) = try descent.descend(broken)
        #expect(norm == 0 && isUsable == 0, "\(device): \(broken)")
        #expect(try descent.numbers() == before, "\(device): \(broken)")
        #expect(try descent.scale() == [32768, 0])
        // And on it goes.
        let (after, counts) = try descent.descend([0.3, 0.4])
        #expect(abs(after - 0.5) < 1e-6 && counts == 1)
        #expect(try descent.numbers() != before)
      }
    }
  }

  @Test func theScaleGrowsAndStaysWithinItsBounds() throws {
    let backend = TestDevice.cpu.backend
    let descent = try Descent(
      .init(initialScale: 4_194_304, growthInterval: 3), on: backend)
    var scales: [Float] = []
    for _ in 0..<10 {
      try descent.descend([0.1, 0.1])
      scales.append(try descent.scale()[0])
    }
    let (once, twice, most): (Float, Float, Float) = (4_194_304, 8_388_608, 16_777_216)
    #expect(
      scales == [once, once, twice, twice, twice, most, most, most, most, most])
    for _ in 0..<30 { try descent.descend([.nan, 0]) }
    #expect(try descent.scale() == [1, 0])
    // An overflow starts the count anew.
    for slopes in [[1, 1], [1, 1], [.infinity, 1], [1, 1], [1, 1]] as [[Float]] {
      try descent.descend(slopes)
    }
    #expect(try descent.scale() == [1, 2])
    try descent.descend([1, 1])
    #expect(try descent.scale() == [2, 0])
  }
}
