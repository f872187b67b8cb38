import Breakbeats
import NeuralNetworks
import Tensors
import Testing

@Suite struct BreakbeatVAETests {
  let backend = CPUBackend()

  /// Pictures of a few bright stripes, different for each index.
  private func pictures(count: Int, configuration: BreakbeatVAE.Configuration) -> [Float] {
    var random = PhiloxStream(seed: 9)
    return (0..<count).flatMap { _ -> [Float] in
      let period = 4 + random.integer(below: 12)
      let slope = Float(random.uniform(in: 0.2..<0.8))
      return (0..<configuration.bands).flatMap { band -> [Float] in
        let height = 1 - slope * Float(band) / Float(configuration.bands)
        return (0..<configuration.frames).map { $0 % period < 2 ? height : 0.3 * height }
      }
    }
  }

  @Test func pathsAreWhatTheScriptInTheDocumentsReads() throws {
    let parameters = Parameters(from: RandomParameters(seed: 1), on: backend)
    let model = try BreakbeatVAE(.tiny, parameters)
    #expect(parameters.count == model.configuration.parameterCount)
    let names = parameters.variables.map(\.name)
    for expected in [
      "encoder.0.convolution.weight", "encoder.3.normalization.bias", "moments.weight",
      "expand.bias", "decoder.0.convolution.weight", "decoder.2.normalization.weight",
      "picture.weight",
    ] {
      #expect(names.contains(expected))
    }
    let shapes = Dictionary(
      uniqueKeysWithValues: parameters.variables.map { ($0.name, $0.shape) })
    #expect(shapes["moments.weight"] == [16, 64, 4, 1])
    #expect(shapes["expand.weight"] == [8, 64, 4, 1])
    #expect(shapes["decoder.0.convolution.weight"] == [64, 64, 4, 4])
    #expect(shapes["picture.weight"] == [16, 1, 4, 4])
  }

  @Test(arguments: BreakbeatVAE.Preset.allCases)
  func shapes(_ preset: BreakbeatVAE.Preset) throws {
    // Expressions only: nothing is computed. The largest presets share their layers with `slim`.
    guard preset != .full && preset != .small else { return }
    let configuration = preset.configuration
    let model = try BreakbeatVAE(
      configuration, Parameters(from: RandomParameters(seed: 1), on: backend))
    let latents = model.encode(.input([3, 1, configuration.bands, configuration.frames]))
    #expect(latents.mean.shape == [3, configuration.latentSize, 1, configuration.columns])
    #expect(latents.logVariance.shape == latents.mean.shape)
    let decoded = model.decode(.input(latents.mean.shape))
    #expect(decoded.shape == [3, 1, configuration.bands, configuration.frames])
  }

  @Test func trainingLowersTheLoss() throws {
    let configuration = BreakbeatVAE.Configuration.tiny
    let parameters = Parameters(from: RandomParameters(seed: 1), on: backend)
    let model = try BreakbeatVAE(configuration, parameters)
    let batch = Tensor.input([8, 1, configuration.bands, configuration.frames], name: "pictures")
    let noise = Tensor.input(
      [8, configuration.latentSize, 1, configuration.columns], name: "noise")
    let weight = Tensor.input([], name: "weight")
    let loss = model.loss(batch, noise: noise, weight: weight)
    let gradients = loss.total.gradients(withRespectTo: parameters.trained.map { Tensor($0) })
    let step = try Adam().step(for: parameters.trained, gradients: gradients)
    let program = try Program(
      outputs: [loss.total, loss.squaredError, loss.divergence], updates: step.updates,
      on: backend, label: "training")

    let data = pictures(count: 8, configuration: configuration)
    var errors: [Float] = []
    for index in 0..<30 {
      var random = PhiloxStream(seed: 2, stream: UInt64(index))
      try program.set(batch, to: data)
      try program.set(
        noise,
        to: Initialization.normal(deviation: 1).values(count: noise.shape.count, from: &random))
      try program.set(weight, to: [Float(BreakbeatVAE.divergenceWeight)])
      try program.set(step.numbers, to: step.values(at: index, learningRate: 2e-3))
      try program.run()
      let error = try program.values(of: loss.squaredError)[0]
      let divergence = try program.values(of: loss.divergence)[0]
      let total = try program.values(of: loss.total)[0]
      let expected =
        0.5 * (logarithm(error) + 1) + Float(BreakbeatVAE.divergenceWeight) * divergence
      #expect(abs(total - expected) < 1e-4)
      errors.append(error)
    }
    #expect(errors[29] < errors[0] / 3)
    #expect(errors[0] < 0.3)
  }

  private func logarithm(_ x: Float) -> Float {
    var y: Float = 0
    for _ in 0..<60 { y += 2 * (x - exponential(y)) / (x + exponential(y)) }
    return y
  }

  private func exponential(_ x: Float) -> Float {
    var (sum, term): (Double, Double) = (1, 1)
    for n in 1..<60 {
      term *= Double(x) / Double(n)
      sum += term
    }
    return Float(sum)
  }
}
