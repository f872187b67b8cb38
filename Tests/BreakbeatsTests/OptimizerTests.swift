import NeuralNetworks
import Tensors
import Testing

@Suite struct OptimizerTests {
  let backend = CPUBackend(threadCount: 1)

  /// Runs steps of an optimizer on Σ (x - target)² / 2 and returns x after each.
  private func descend(
    _ optimizer: some Optimizer, from start: [Float], to target: [Float], steps: Int,
    rate: Double, clip: Double? = nil
  ) throws -> (path: [[Float]], norms: [Float]) {
    let shape = Shape([start.count])
    let x = try Variable(start, shape: shape, name: "x", on: backend)
    let difference = Tensor(x) - .constant(target, shape: shape)
    let loss = (difference * difference).sum() * 0.5
    let gradient = loss.gradients(withRespectTo: [Tensor(x)])
    let step = try optimizer.step(for: [x], gradients: gradient, clippingNormTo: clip)
    let program = try Program(
      outputs: [loss, step.gradientNorm], updates: step.updates, on: backend)
    var path: [[Float]] = []
    var norms: [Float] = []
    for index in 0..<steps {
      try program.set(step.numbers, to: step.values(at: index, learningRate: rate))
      try program.run()
      path.append(try x.values())
      norms.append(try program.values(of: step.gradientNorm)[0])
    }
    return (path, norms)
  }

  @Test func adamFollowsTheFormula() throws {
    let (path, _) = try descend(Adam(), from: [3, -2], to: [0, 0], steps: 5, rate: 0.1)
    for (axis, start) in [(0, 3.0), (1, -2.0)] {
      var (x, m, v) = (start, 0.0, 0.0)
      var (first, second) = (1.0, 1.0)
      for step in 0..<5 {
        (m, v) = (0.9 * m + 0.1 * x, 0.999 * v + 0.001 * x * x)
        (first, second) = (first * 0.9, second * 0.999)
        x -= 0.1 * (m / (1 - first)) / ((v / (1 - second)).squareRoot() + 1e-8)
        #expect(abs(Double(path[step][axis]) - x) < 2e-6)
      }
    }
  }

  @Test func decoupledDecayShrinksWithoutGradient() throws {
    let (path, _) = try descend(
      AdamW(weightDecay: 0.5), from: [4], to: [4], steps: 1, rate: 0.1)
    #expect(abs(path[0][0] - 4 * 0.95) < 1e-6)
  }

  @Test func clippingBoundsTheNorm() throws {
    let plain = StochasticGradientDescent()
    let (path, norms) = try descend(
      plain, from: [3, 4], to: [0, 0], steps: 1, rate: 1, clip: 2.5)
    #expect(abs(norms[0] - 5) < 1e-5)
    #expect(abs(path[0][0] - 1.5) < 1e-5)
    #expect(abs(path[0][1] - 2) < 1e-5)
    let short = try descend(plain, from: [0.3, 0.4], to: [0, 0], steps: 1, rate: 1, clip: 2.5)
    #expect(short.path[0].allSatisfy { abs($0) < 1e-6 })
  }

  @Test func momentumAccumulates() throws {
    let (path, _) = try descend(
      StochasticGradientDescent(momentum: 0.5), from: [1], to: [0], steps: 2, rate: 0.1)
    #expect(abs(path[0][0] - 0.9) < 1e-6)
    #expect(abs(path[1][0] - (0.9 - 0.1 * (0.5 + 0.9))) < 1e-6)
  }

  @Test func stateHasNamesForCheckpoints() throws {
    let x = try Variable([1], shape: [1], name: "layer.weight", on: backend)
    let step = try Adam(usesMaximum: true).step(for: [x], gradients: [Tensor(x)])
    #expect(
      step.state.map(\.name) == [
        "layer.weight.firstMoment", "layer.weight.secondMoment", "layer.weight.maximumMoment",
      ])
  }

  @Test func scheduleWarmsUpAndFallsToItsFloor() {
    let schedule = Schedule.warmUpCosine(peak: 2, warmUp: 100, total: 1100, floor: 0.05)
    #expect(abs(schedule.value(at: 0) - 0.02) < 1e-12)
    #expect(schedule.value(at: 99) == 2)
    #expect(schedule.value(at: 100) == 2)
    #expect(abs(schedule.value(at: 600) - 2 * 0.525) < 1e-9)
    #expect(abs(schedule.value(at: 1100) - 0.1) < 1e-12)
    #expect(abs(schedule.value(at: 5000) - 0.1) < 1e-12)
    #expect(Schedule.rising(to: 4, over: 8).value(at: 3) == 2)
    #expect(Schedule.rising(to: 4, over: 0).value(at: 0) == 4)
  }
}
