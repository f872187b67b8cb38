import Tensors
import Testing

/// The passes of compilation but for fusion, looked at in plans.
@Suite struct PassTests {
  private let backend = CPUBackend(threadCount: 1)

  @Test func expressionsOfConstantsAreConstants() throws {
    let x = Tensor.input([2, 3])
    let scale = exp(Tensor.constant([0, 1], shape: [2, 1]) * 2).sum()
    let program = try Program(outputs: [x * scale], on: backend, passes: [.fold])
    #expect(program.report.steps == 1)
    // The folded constant and its view, the input and the result; what it was made of is gone.
    #expect(program.plan.values.count == 4)
    let result = try program.run([x: [1, 2, 3, 4, 5, 6]])[0]
    let expected: Float = 1 + 7.389056
    #expect(zip(result, [1, 2, 3, 4, 5, 6]).allSatisfy { abs($0 / expected - $1) < 1e-5 })
    #expect(try Program(outputs: [x * scale], on: backend, passes: []).report.steps == 4)
  }

  @Test func constantsDoNotGrowByFolding() throws {
    let ones = Tensor.constant(1).broadcast(to: [1 << 10, 1 << 10])
    let program = try Program(outputs: [ones], on: backend, passes: [.fold])
    #expect(program.report.steps == 1)
    let constants = program.plan.values.reduce(0) { sum, value in
      if case .constant = value.source { sum + value.shape.count } else { sum }
    }
    #expect(constants == 1)
  }

  @Test func onlyWhatIsNeededIsNumbered() throws {
    let (x, unused) = (Tensor.input([4]), Tensor.input([4]))
    _ = exp(unused)
    let program = try Program(outputs: [exp(x), exp(x)], on: backend)
    #expect(program.plan.values.count == 2 && program.report.steps == 1)
    // Setting an input that nothing needs does nothing.
    try program.set(unused, to: [1, 2, 3, 4])
    #expect(try program.run([x: [0, 0, 0, 0]])[1] == [1, 1, 1, 1])
  }

  @Test func numbersOfFunctionsAreEqualByTheirBits() throws {
    let x = Tensor.input([1])
    let (minus, plus) = (x.scaled(by: 1, plus: -0.0), x.scaled(by: 1, plus: 0))
    let quotients = [reciprocal(minus), reciprocal(plus)]
    // Both in one chain: without a difference between the two, no number.
    let outputs = quotients + [quotients[0] - quotients[1]]
    let expected: [[Float]] = [[-.infinity], [.infinity], [-.infinity]]
    for passes in [CompilePasses.all, []] {
      let results = try Program(outputs: outputs, on: backend, passes: passes).run([x: [-0.0]])
      #expect(results == expected, "\(results)")
    }
    // Equal ones are still computed once.
    let twice = [x.scaled(by: 2, plus: -0.0), x.scaled(by: 2, plus: -0.0)]
    #expect(try Program(outputs: twice, on: backend).report.steps == 1)
  }

  /// A large value that is ready early and needed late, beside one whose computation needs a still
  /// larger one for a moment.
  private func unluckyProgram(passes: CompilePasses) throws -> Program {
    let (x, w) = (Tensor.input([64, 1]), Tensor.input([1, 64]))
    let early = matrixProduct(x, w)
    let wide = matrixProduct(Tensor.input([512, 1]), w)
    let late = matrixProduct(Tensor.input([64, 512]), wide)
    return try Program(outputs: [matrixProduct(early, late)], on: backend, passes: passes)
  }

  @Test func stepsMoveWhereTheArenaBecomesSmaller() throws {
    let (plain, ordered) = (
      try unluckyProgram(passes: []), try unluckyProgram(passes: [.order])
    )
    let (large, small) = (64 * 512 * 4, 64 * 64 * 4)
    #expect(plain.report.arenaByteCount == large + 2 * small)
    #expect(ordered.report.arenaByteCount == large + small)
    #expect(plain.report.steps == ordered.report.steps)
    #expect(plain.report.total == ordered.report.total)
  }

  @Test func everyOrderKeepsWritersBeforeReaders() throws {
    let weight = try Variable([1, 2, 3], shape: [3], name: "weight", on: backend)
    let x = Tensor.input([5, 3])
    let y = silu(x * Tensor(weight)).sum(over: [0])
    let program = try Program(
      outputs: [y], updates: [Update(Assign(), of: [weight], from: [Tensor(weight) + y])],
      on: backend, passes: [])
    let orders = StepOrder(program.plan)
    for order in [orders.neediestFirst, orders.cheapestFirst] {
      #expect(order.sorted() == Array(program.plan.steps.indices))
      var written: Set<Int> = []
      for (position, step) in order.map({ program.plan.steps[$0] }).enumerated() {
        for input in step.inputs {
          if case .computed = program.plan.values[input].source {
            #expect(written.contains(input))
          }
        }
        written.formUnion(step.results)
        // The variable changes after its last reader.
        if case .update = step { #expect(position == order.count - 1) }
      }
    }
  }

  @Test func drawingsNameStepsAndShapes() throws {
    let x = Tensor.input([7, 5], name: "a \"quoted\" input")
    let program = try Program(
      outputs: [matrixProduct(silu(x * 2), Tensor.input([5, 3]))], on: backend)
    let drawing = program.graphviz
    #expect(drawing.hasPrefix("digraph {") && drawing.hasSuffix("}\n"))
    #expect(drawing.contains("fused pointwise [7, 5]") && drawing.contains("s0 -> s1"))
    #expect(drawing.contains("a \\\"quoted\\\" input [7, 5]"))
  }

  @Test func reportsCountBytes() throws {
    let x = Tensor.input([300, 7])
    let report = try Program(outputs: [x * 2, x.sliced(axis: 0, 0..<10)], on: backend).report
    let affine = try #require(report.kinds.first { $0.name == "affine" })
    let slice = try #require(report.kinds.first { $0.name == "slice" })
    #expect(affine.cost.bytesMoved == 2 * 4 * 2100 && affine.cost.ratio == 1)
    #expect(slice.cost.bytesMoved == 2 * 4 * 70)
    #expect(report.total.bytesMoved == affine.cost.bytesMoved + slice.cost.bytesMoved)
    // A value that is stored for one reader, which could compute it, is more than has to be.
    let stored = try Program(outputs: [silu(x * 2)], on: backend, passes: []).report
    #expect(stored.total.ratio == 2)
    let lines = report.table.split(separator: "\n")
    #expect(lines.count == 5 && lines.last?.contains("total") == true)
    #expect(Set(lines.map(\.count)).count == 1)
  }
}
