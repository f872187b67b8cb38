import Tensors
import Testing

@Suite("Normalization")
struct NormalizationTests {
  private struct Reference {
    let shape: Shape
    /// Row of statistics for a sample and a channel.
    let row: (Int, Int) -> Int

    var planeSize: Int { shape.count / shape[0] / shape[1] }

    func normalized(
      _ x: [Double], weight: [Double], bias: [Double], epsilon: Double = 1e-5
    ) -> [Double] {
      var members: [Int: [Int]] = [:]
      for index in x.indices {
        let plane = index / planeSize
        members[row(plane / shape[1], plane % shape[1]), default: []].append(index)
      }
      var result = x
      for indices in members.values {
        let count = Double(indices.count)
        let mean = indices.reduce(0.0) { $0 + x[$1] } / count
        let variance = indices.reduce(0.0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / count
        for index in indices {
          let channel = index / planeSize % shape[1]
          result[index] =
            (x[index] - mean) / (variance + epsilon).squareRoot() * weight[channel]
            + bias[channel]
        }
      }
      return result
    }
  }

  private func check(
    _ shape: Shape, offset: Float = 0, tolerance: Double = 2e-6,
    row: @escaping (Int, Int) -> Int, _ normalize: (Tensor, Tensor, Tensor) -> Tensor
  ) throws {
    let reference = Reference(shape: shape, row: row)
    let input = OperationCheck.Input(
      shape, OperationCheck.numbers(shape.count).map { $0 + offset })
    let weight = OperationCheck.Input([shape[1]], seed: 2)
    let bias = OperationCheck.Input([shape[1]], seed: 3)
    let y = normalize(input.tensor, weight.tensor, bias.tensor)
    let (start, scales) = (input.values.map(Double.init), weight.values.map(Double.init))
    let offsets = bias.values.map(Double.init)
    try OperationCheck.expect(
      y, from: [input, weight, bias],
      equals: reference.normalized(start, weight: scales, bias: offsets),
      tolerance: tolerance)
    guard shape.count < 500 else { return }
    try OperationCheck.expectGradient(of: y, by: input, others: [weight, bias]) {
      reference.normalized($0, weight: scales, bias: offsets)
    }
    try OperationCheck.expectGradient(of: y, by: weight, others: [input, bias]) { weight in
      reference.normalized(start, weight: weight, bias: offsets)
    }
    try OperationCheck.expectGradient(of: y, by: bias, others: [input, weight]) { bias in
      reference.normalized(start, weight: scales, bias: bias)
    }
  }

  struct GroupCase: Sendable {
    var shape: Shape
    var groups: Int
  }

  @Test(arguments: [
    GroupCase(shape: [2, 6, 3, 5], groups: 3), GroupCase(shape: [3, 4, 3], groups: 1),
    GroupCase(shape: [2, 4, 5, 3], groups: 4), GroupCase(shape: [2, 8], groups: 2),
    GroupCase(shape: [1, 2, 1, 33], groups: 1), GroupCase(shape: [2, 4, 31, 37], groups: 2),
    GroupCase(shape: [1, 3, 70, 67], groups: 3),
  ])
  func normalizesGroups(_ example: GroupCase) throws {
    let (shape, groups) = (example.shape, example.groups)
    let perGroup = shape[1] / groups
    try check(shape, row: { $0 * groups + $1 / perGroup }) {
      groupNormalization($0, groups: groups, weight: $1, bias: $2)
    }
  }

  @Test(arguments: [[3, 4, 3, 5], [9, 5], [5, 2, 7], [3, 2, 33, 41]] as [Shape])
  func normalizesBatches(shape: Shape) throws {
    try check(shape, row: { $1 }) { batchNormalization($0, weight: $1, bias: $2) }
  }

  /// A difference of large sums would lose every digit here.
  @Test func keepsItsDigitsFarFromZero() throws {
    try check([2, 4, 31, 37], offset: 1000, tolerance: 1e-4, row: { $0 * 2 + $1 / 2 }) {
      groupNormalization($0, groups: 2, weight: $1, bias: $2)
    }
  }

  @Test func constantChannelsVaryByNothing() throws {
    let x = Tensor.input([3, 2, 5])
    let values = (0..<30).map { Float($0 / 5 % 2) * 3.25 }
    let epsilons: [Float] = [1e-5, 3e-5]
    let outputs = epsilons.map { batchStatistics(x, epsilon: $0).variance }
    for backend in OperationCheck.backends {
      let results = try Program(outputs: outputs, on: backend).run([x: values])
      for (variances, epsilon) in zip(results, epsilons) {
        let isRight = variances.allSatisfy { (0...epsilon * 2e-6).contains($0) }
        #expect(isRight, "\(variances) for ε = \(epsilon) on \(backend.name)")
      }
    }
  }

  @Test func averagesRunningStatistics() throws {
    let input = OperationCheck.Input([4, 2, 3, 5])
    let batch = batchStatistics(input.tensor)
    let channels = (0..<2).map { channel in
      (0..<60).map { Double(input.values[($0 / 15 * 2 + channel) * 15 + $0 % 15]) }
    }
    let means = channels.map { $0.reduce(0, +) / 60 }
    let variances = zip(channels, means).map { values, mean in
      values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / 59
    }
    try OperationCheck.expect(batch.mean, from: [input], equals: means)
    try OperationCheck.expect(batch.variance, from: [input], equals: variances)
    let y = batchNormalization(input.tensor, mean: batch.mean, variance: batch.variance)
    try OperationCheck.expect(
      y, from: [input],
      equals: input.values.indices.map { index in
        let channel = index / 15 % 2
        return (Double(input.values[index]) - means[channel])
          / (variances[channel] + 1e-5).squareRoot()
      }, tolerance: 2e-6)
  }
}
