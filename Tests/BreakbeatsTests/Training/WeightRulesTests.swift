import NeuralNetworks
import Tensors
import Testing

/// Weight decay, averages and clipping, against the same formulas in double precision.
@Suite struct WeightRulesTests {
  let backend = CPUBackend(threadCount: 1)

  /// Adam in double precision.
  private struct Reference {
    var (x, m, v, average): (Double, Double, Double, Double)
    var step = 0

    init(_ x: Double) { (self.x, m, v, average) = (x, 0, 0, x) }

    mutating func take(_ gradient: Double, rate: Double, decay: Double, memory: Double) {
      x *= 1 - rate * decay
      m = 0.9 * m + 0.1 * gradient
      v = 0.999 * v + 0.001 * gradient * gradient
      step += 1
      let (first, second) = (1 - power(0.9, step), 1 - power(0.999, step))
      x -= rate * (m / first) / ((v / second).squareRoot() + 1e-8)
      let kept = min(memory, Double(step - 1) / Double(step + 8))
      average = kept * average + (1 - kept) * x
    }

    private func power(_ base: Double, _ count: Int) -> Double {
      (0..<count).reduce(1) { product, _ in product * base }
    }
  }

  @Test func averagesFollowAndVectorsDoNotDecay() throws {
    let matrix = try Variable([3, -2], shape: [1, 2], name: "weight", on: backend)
    let vector = try Variable([1, 4], shape: [2], name: "bias", on: backend)
    let averages = try [matrix, vector].map {
      try Variable($0.values(), shape: $0.shape, name: "\($0.name).average", on: backend)
    }
    let loss = (square(Tensor(matrix)).sum() + square(Tensor(vector)).sum()) * 0.5
    let rule = AdamW(weightDecay: 0.5, decaysVectors: false, averageDecay: 0.7)
    let step = try rule.step(
      for: [matrix, vector],
      gradients: loss.gradients(withRespectTo: [Tensor(matrix), Tensor(vector)]),
      averages: averages)
    let program = try Program(outputs: [loss], updates: step.updates, on: backend)
    var expected = [3.0, -2, 1, 4].map { Reference($0) }
    for index in 0..<40 {
      try program.set(step.numbers, to: step.values(at: index, learningRate: 0.05))
      try program.run()
      for place in expected.indices {
        expected[place].take(
          expected[place].x, rate: 0.05, decay: place < 2 ? 0.5 : 0, memory: 0.7)
      }
      let found = try (matrix.values() + vector.values()).map(Double.init)
      let means = try averages.flatMap { try $0.values() }.map(Double.init)
      for place in expected.indices {
        #expect(abs(found[place] - expected[place].x) < 1e-5, "step \(index)")
        #expect(abs(means[place] - expected[place].average) < 1e-5, "step \(index)")
      }
    }
    #expect(!step.state.contains { $0.name.hasSuffix("average") })
  }

  /// Descends on x · slope, whose gradient is the slope, by plain gradient descent of rate 1.
  private func moves(
    slopes: [Float], limit: Double? = nil, spike: Double?
  ) throws -> (moves: [Float], means: [Float]) {
    let x = try Variable([0, 0], shape: [2], name: "x", on: backend)
    let slope = Tensor.input([2], name: "slope")
    let loss = (Tensor(x) * slope).sum()
    let step = try StochasticGradientDescent().step(
      for: [x], gradients: loss.gradients(withRespectTo: [Tensor(x)]), clippingNormTo: limit,
      clippingSpikesBeyond: spike)
    let program = try Program(
      outputs: [loss, step.gradientNorm], updates: step.updates, on: backend)
    let mean = try #require(step.state.first { $0.name == "gradientNorm.mean" })
    var (found, means, before) = ([Float](), [Float](), Float(0))
    for (index, size) in slopes.enumerated() {
      try program.set(slope, to: [3 * size, 4 * size])
      try program.set(step.numbers, to: step.values(at: index, learningRate: 1))
      try program.run()
      #expect(abs(try program.values(of: step.gradientNorm)[0] - 5 * size) < 1e-3 * size)
      let now = try x.values()[0]
      found.append((before - now) / 3)
      before = now
      means.append(try mean.values()[0])
    }
    return (found, means)
  }

  @Test func onlySpikesAreClipped() throws {
    // Norms 5 times the slopes; the mean is 5 until the spike, which is limited to 10 times that.
    let (found, means) = try moves(slopes: [1, 1, 1, 1000, 1, 60], spike: 10)
    let expected: [Float] = [1, 1, 1, 10, 1]
    for (index, (a, b)) in zip(found, expected).enumerated() {
      #expect(abs(a - b) < 1e-3 * b, "step \(index): \(found)")
    }
    #expect(abs(means[2] - 5) < 1e-4)
    // 5 + (50 - 5) / 50, then 5.9 + (5 - 5.9) / 50.
    #expect(abs(means[3] - 5.9) < 1e-4, "\(means)")
    #expect(abs(means[4] - 5.882) < 1e-4, "\(means)")
    #expect(abs(found[5] - 58.82 / 5) < 1e-2, "\(found)")
  }

  @Test func aLimitAndAGuardWorkTogether() throws {
    let (found, _) = try moves(slopes: [1, 0.1, 1], limit: 2.5, spike: 3)
    // 2.5 by the limit; 0.5 as it is; then the mean is 2.46 and the limit is 2.5 again.
    #expect(abs(found[0] - 0.5) < 1e-4 && abs(found[1] - 0.1) < 1e-5, "\(found)")
    #expect(abs(found[2] - 0.5) < 1e-4, "\(found)")
  }

  /// Below its free nats a latent is not pushed, above it is, and the number reported is the true one.
  @Test func freeNatsAreFree() throws {
    let means = try Variable([0.1, 2], shape: [1, 2], name: "means", on: backend)
    let variances = Tensor.constant([0, 0], shape: [1, 2])
    let loss = divergence(mean: Tensor(means), logVariance: variances, freeNats: 0.5)
    let gradient = loss.gradients(withRespectTo: [Tensor(means)])[0]
    let program = try Program(outputs: [loss, gradient], on: backend)
    try program.run()
    #expect(abs(try program.values(of: loss)[0] - 2.5) < 1e-6)
    #expect(try program.values(of: gradient) == [0, 2])
  }
}
