import BreakbeatTraining
import Tensors
import Testing

/// What the pass *fuse* makes of expressions, and that it changes no result.
@Suite struct FusionTests {
  private static let cpu = CPUBackend(threadCount: 1)

  private func names(_ outputs: [Tensor], passes: CompilePasses = .all) throws -> [String] {
    let program = try Program(outputs: outputs, on: Self.cpu, passes: passes)
    return program.report.kinds.flatMap { kind in
      Array(repeating: kind.name, count: kind.cost.count)
    }
  }

  @Test func aChainIsOneStep() throws {
    let x = Tensor.input([3, 17])
    let y = silu(x * 2 + 1) - Tensor.input([17])
    #expect(try names([y]) == ["fused pointwise"])
    #expect(try names([y], passes: []).count == 4)
  }

  @Test func aReductionTakesTheChainInFrontOfItAlong() throws {
    let (p, t) = (Tensor.input([3, 5, 7]), Tensor.input([3, 5, 7]))
    let loss = square(p - t).sum()
    #expect(try names([loss]) == ["fused sum"])
    // Over columns there is no such kernel: the chain in front is a step of its own.
    #expect(try names([square(p - t).sum(over: [0])]) == ["fused pointwise", "sum"])
  }

  @Test func aDifferenceIsComputedAgainWhereThatIsCheaper() throws {
    let (p, t) = (Tensor.input([64, 64]), Tensor.input([64, 64]))
    let difference = p - t
    let loss = (difference * difference).sum()
    let gradient = loss.gradients(withRespectTo: [p])[0]
    // p and t are read twice; the difference is never stored.
    let program = try Program(outputs: [loss, gradient], on: Self.cpu)
    #expect(program.report.kinds.map(\.name) == ["fused sum", "fused pointwise"])
    #expect(program.report.arenaByteCount <= 64 * 64 * 4 + 256)
  }

  @Test func outputsAndOperandsOfOtherStepsAreStored() throws {
    let x = Tensor.input([9, 9])
    let y = silu(x)
    #expect(try names([y, y * 2]) == ["SiLU", "affine"])
    #expect(
      try names([matrixProduct(y * 2, y)]) == ["SiLU", "affine", "matrix product"])
  }

  @Test func normalizationAndActivationAreFourPassesOverMemoryAndBackwardFive() throws {
    let shape: Shape = [2, 8, 16, 16]
    let (x, weight, bias) = (Tensor.input(shape), Tensor.input([8]), Tensor.input([8]))
    let y = silu(groupNormalization(x, groups: 4, weight: weight, bias: bias))
    let upstream = Tensor.input(shape)
    let forward = try Program(outputs: [y], on: Self.cpu).report
    // Reads x for the statistics, reads x, writes y; the rest is small.
    #expect(forward.kinds.map(\.name) == ["normalization statistics", "fused pointwise"])
    #expect(passes(forward, over: shape) < 3.2)
    let gradients = y.gradients(withRespectTo: [x, weight, bias], upstream: upstream)
    let backward = try Program(outputs: gradients, on: Self.cpu).report
    // Statistics; x and g for the sums; x and g once more and the gradient.
    #expect(passes(backward, over: shape) < 6.5)
    let unfused = try Program(outputs: gradients, on: Self.cpu, passes: []).report
    #expect(passes(unfused, over: shape) > 10)
  }

  private func passes(_ report: ProgramReport, over shape: Shape) -> Double {
    Double(report.total.bytesMoved) / Double(4 * shape.count)
  }

  @Test func broadcastsThatAChainCannotExpressStayApart() throws {
    let x = Tensor.input([4, 3, 5])
    let y = (x + 1) * Tensor.input([4, 1, 5]) + 2
    let steps = try names([y])
    #expect(steps == ["affine", "affine", "multiply"])
  }

  @Test func longChainsAreCutWhereShadersHaveNoMorePlaces() throws {
    let x = Tensor.input([33])
    let long = (0..<40).reduce(x) { value, _ in silu(value) }
    let steps = try names([long])
    #expect(steps == ["fused pointwise", "fused pointwise", "fused pointwise"])
    let inputs = (0..<10).map { _ in Tensor.input([33]) }
    let sum = inputs.dropFirst().reduce(inputs[0]) { $0 + $1 }
    #expect(try names([sum]).count == 2)
  }

  @Test("fused and not fused agree", arguments: OperationCase.all, TestDevice.all)
  func agree(_ operation: OperationCase, _ device: TestDevice) throws {
    // Software devices compile a pipeline for each chain; the largest row says nothing new.
    guard operation.shapes.allSatisfy({ $0.count < 1_000_000 }) else { return }
    let expressions = operation.expressions
    let fused = try expressions.values(on: device.backend)
    let plain = try expressions.values(on: device.backend, passes: [])
    for (a, b) in zip(fused, plain) {
      let comparison = Comparison("fused", a, expected: b) { max(2e-6 * $0, 1e-36) }
      #expect(comparison.passes, "\(operation.description) on \(device)")
    }
  }

  @Test func functionsOfDifferentNumbersKeepThemApart() throws {
    let x = OperationCheck.Input([37])
    // A slope of 0 beside other numbers, and the same numbers twice.
    let y = relu(x.tensor * 3 - 1) + leakyReLU(x.tensor * 3 - 1, slope: 0.5) * 0.25
    let expected = x.values.map { x in
      let z = 3 * Double(x) - 1
      return max(z, 0) + (z > 0 ? z : 0.5 * z) * 0.25
    }
    try OperationCheck.expect(y, from: [x], equals: expected)
    #expect(try names([y]) == ["fused pointwise"])
  }

  @Test func specialNumbersGoThroughChains() throws {
    let values: [Float] = [.infinity, -.infinity, .nan, 0, -0.0, 1e30, -1e30, 1e-30]
    for device in TestDevice.all {
      let x = Tensor.input([8])
      let y = maximum(x * 2, x).clamped(to: -3...5)
      let program = try Program(outputs: [y], on: device.backend)
      #expect(program.report.kinds.map(\.name) == ["fused pointwise"])
      let results = try program.run([x: values])[0]
      #expect(results[0] == 5 && results[1] == -3 && results[2].isNaN && results[5] == 5)
    }
  }

  /// Functions of one number that the table of special numbers leaves out.
  private static let otherFunctions: [SpecialNumberTests.Row] = [
    .init("log", { log($0) }, [], []), .init("sqrt", { sqrt($0) }, [], []),
    .init("affine", { $0.scaled(by: 1.5, plus: -0.25) }, [], []),
  ]

  private func bits(
    _ output: Tensor, _ inputs: [Tensor: [Float]], passes: CompilePasses
  ) throws -> [UInt32] {
    let program = try Program(outputs: [output], on: Self.cpu, passes: passes)
    return try program.run(inputs)[0].map(\.bitPattern)
  }

  @Test("a number for many positions goes through every function as the positions would")
  func functionsOfRepeatedNumbers() throws {
    // Rows longer than the shortest runs that are numbers to the loops, and no whole vectors.
    let (x, g) = (Tensor.input([3, 1]), Tensor.input([3, 1]))
    let numbers: [Tensor: [Float]] = [x: [2, 0.375, 3], g: [-1, 0.5, 7]]
    let (repeated, upstream) = (x.broadcast(to: [3, 43]), g.broadcast(to: [3, 43]))
    #expect(try names([softplus(repeated)]) == ["fused pointwise"])
    for row in SpecialNumberTests.rows + Self.otherFunctions {
      let y = row.function(repeated)
      let slopes = y.gradients(withRespectTo: [repeated], upstream: upstream)
      // Softplus has no compiled loop: with it, the chain is run instruction by instruction.
      let longer = [row.function(softplus(repeated)), softplus(y)]
      for (index, output) in ([y] + slopes + longer).enumerated() {
        let fused = try bits(output, numbers, passes: .all)
        let plain = try bits(output, numbers, passes: [])
        #expect(fused == plain, "\(row.testDescription), expression \(index)")
      }
    }
  }

  @Test func everyPatternOfBroadcastingAgreesWithNumbersInDouble() throws {
    let n = 2 * 3 * 4 * 5
    let x = OperationCheck.Input([2, 3, 4, 5], seed: 1)
    for (shape, element) in [
      ([], { _ in 0 }), ([5], { $0 % 5 }), ([3, 1, 1], { $0 / 20 % 3 }),
      ([2, 1, 1, 1], { $0 / 60 }),
      ([4, 5], { $0 % 20 }), ([2, 3, 1, 1], { $0 / 20 }), ([4, 1], { $0 / 5 % 4 }),
    ] as [([Int], (Int) -> Int)] {
      let other = OperationCheck.Input(Shape(shape), seed: 2)
      let expected = (0..<n).map { i in
        (Double(x.values[i]) * 2 + 1) * Double(other.values[element(i)])
      }
      try OperationCheck.expect(
        (x.tensor * 2 + 1) * other.tensor, from: [x, other], equals: expected)
    }
  }
}
