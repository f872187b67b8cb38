import NeuralNetworks
import Tensors
import Testing

@Suite struct ParametersTests {
  let backend = CPUBackend(threadCount: 1)

  @Test func pathsAreKeys() throws {
    let parameters = Parameters(from: RandomParameters(seed: 7), on: backend)
    _ = try Linear(parameters.encoder[0].project, from: 8, to: 4)
    #expect(
      parameters.trained.map(\.name)
        == ["encoder.0.project.weight", "encoder.0.project.bias"])
    #expect(parameters.count == 36)
    try parameters.validate()
  }

  @Test func startIsPyTorchsDefault() throws {
    let parameters = Parameters(from: RandomParameters(seed: 1), on: backend)
    _ = try Convolution2D(parameters.down, from: 6, to: 50, kernel: PerAxis(y: 4, x: 3), groups: 2)
    let weight = try parameters.variables[0].values()
    let bound: Float = 1 / 6  // 1 / √(3 · 4 · 3)
    #expect(weight.allSatisfy { abs($0) <= bound })
    #expect(weight.contains { abs($0) > 0.95 * bound })
    let mean = weight.reduce(0, +) / Float(weight.count)
    let variance = weight.reduce(0) { $0 + $1 * $1 } / Float(weight.count)
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - bound * bound / 3) < 0.1 * bound * bound / 3)
    #expect(try parameters.variables[1].values().allSatisfy { abs($0) <= bound })
  }

  @Test func startDependsOnSeedAndPathOnly() throws {
    func values(seed: UInt64, before: Int) throws -> [Float] {
      let parameters = Parameters(from: RandomParameters(seed: seed), on: backend)
      for index in 0..<before { _ = try Linear(parameters.other[index], from: 2, to: 2) }
      _ = try Linear(parameters.layer, from: 5, to: 3)
      return try parameters.variables[2 * before].values()
    }
    #expect(try values(seed: 1, before: 0) == values(seed: 1, before: 3))
    #expect(try values(seed: 1, before: 0) != values(seed: 2, before: 0))
  }

  @Test func everyProblemIsReportedAtOnce() throws {
    let source = GivenParameters(
      [
        "first.weight": .init(shape: [4, 8], values: [Float](repeating: 0, count: 32)),
        "first.bias": .init(shape: [5], values: [Float](repeating: 0, count: 5)),
        "third.weight": .init(shape: [1], values: [0]),
      ], description: "breaks.safetensors")
    let parameters = Parameters(from: source, on: backend)
    _ = try Linear(parameters.first, from: 8, to: 4)
    _ = try Linear(parameters.second, from: 4, to: 2, bias: false)
    #expect {
      try parameters.validate()
    } throws: { error in
      let text = "\(error)"
      return text.contains("breaks.safetensors")
        && text.contains("first.bias: [5] in the file, not [4]")
        && text.contains("second.weight: missing, [2, 4] expected")
        && text.contains("third.weight: [1] not used") && !text.contains("first.weight")
    }
  }

  @Test func normalNumbersHaveTheirMoments() {
    var random = PhiloxStream(seed: 5)
    let values = Initialization.normal(deviation: 2).values(count: 20_000, from: &random)
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
    #expect(abs(mean) < 0.05)
    #expect(abs(variance - 4) < 0.15)
  }
}
