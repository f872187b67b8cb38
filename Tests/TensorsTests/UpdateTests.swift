import Tensors
import Testing

@Suite("Updates")
struct UpdateTests {
  private let start: [Float] = [0.5, -1.5, 2, 0.25, 0, 3, -0.75, 1, -2, 0.125, 1.75]
  private let slopes: [Float] = [1, -0.5, 0.1, 0, 2, -3, 1e-4, 0.3, 0.7, -1e3, 5]

  private func check(
    _ got: [Float], _ expected: [Double], _ backend: any Backend, _ what: String
  ) {
    for (value, number) in zip(got, expected) {
      #expect(
        abs(Double(value) - number) <= 2e-6 * max(1, abs(number)), "\(what) on \(backend.name)")
    }
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func stepsLikePyTorchsAdam(isDecoupled: Bool, usesMaximum: Bool) throws {
    var adam = AdamUpdate()
    adam.weightDecay = 0.1
    adam.isDecoupled = isDecoupled
    adam.usesMaximum = usesMaximum
    for backend in OperationCheck.backends {
      let shape = Shape([start.count])
      let zeros = [Float](repeating: 0, count: start.count)
      let p = try Variable(start, shape: shape, name: "p", on: backend)
      let moments = try (0..<(usesMaximum ? 3 : 2)).map {
        try Variable(zeros, shape: shape, name: "moment \($0)", on: backend)
      }
      let (gradient, numbers) = (Tensor.input(shape), Tensor.input([4]))
      let program = try Program(
        outputs: [], updates: [Update(adam, of: [p] + moments, from: [gradient, numbers])],
        on: backend)
      var reference = start.map { (p: Double($0), m: 0.0, v: 0.0, top: 0.0) }
      for step in 1...4 {
        // Shrinking gradients, so that the maximum of the second moment matters.
        let scale: Float = step == 1 ? 0.5 : 0.05
        let corrections = (1 - power(0.9, step), 1 - power(0.999, step))
        try program.set(gradient, to: slopes)
        try program.set(
          numbers, to: [0.01, Float(corrections.0), Float(corrections.1), scale])
        try program.run()
        for index in start.indices {
          var (p, m, v, top) = reference[index]
          var g = Double(slopes[index]) * Double(scale)
          if isDecoupled { p *= 1 - 0.01 * 0.1 } else { g += 0.1 * p }
          m = 0.9 * m + 0.1 * g
          v = 0.999 * v + 0.001 * g * g
          top = max(top, v)
          let root = (usesMaximum ? top : v).squareRoot() / corrections.1.squareRoot()
          p -= 0.01 / corrections.0 * m / (root + 1e-8)
          reference[index] = (p, m, v, top)
        }
      }
      check(try p.values(), reference.map(\.p), backend, "parameter")
      check(try moments[0].values(), reference.map(\.m), backend, "first moment")
      check(try moments[1].values(), reference.map(\.v), backend, "second moment")
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  @Test(arguments: [false, true])
  func stepsLikePyTorchsSGD(isNesterov: Bool) throws {
    let update = SGDUpdate(momentum: 0.9, weightDecay: 0.01, isNesterov: isNesterov)
    for backend in OperationCheck.backends {
      let shape = Shape([start.count])
      let p = try Variable(start, shape: shape, name: "p", on: backend)
      let b = try Variable(
        [Float](repeating: 0, count: start.count), shape: shape, name: "b", on: backend)
      let (gradient, numbers) = (Tensor.input(shape), Tensor.input([2]))
      let program = try Program(
        outputs: [], updates: [Update(update, of: [p, b], from: [gradient, numbers])], on: backend)
      var reference = start.map { (p: Double($0), b: 0.0) }
      for _ in 1...3 {
        try program.set(gradient, to: slopes)
        try program.set(numbers, to: [0.01, 0.5])
        try program.run()
        for index in start.indices {
          let g = Double(slopes[index]) * 0.5 + 0.01 * reference[index].p
          reference[index].b = 0.9 * reference[index].b + g
          reference[index].p -=
            0.01 * (isNesterov ? g + 0.9 * reference[index].b : reference[index].b)
        }
      }
      check(try p.values(), reference.map(\.p), backend, "parameter")
    }
  }

  @Test func sumsBeginAnewAtTheirFirstPart() throws {
    for backend in OperationCheck.backends {
      let shape = Shape([start.count])
      // What a sum held before its first part does not matter.
      let sum = try Variable(
        [Float](repeating: .nan, count: start.count), shape: shape, name: "sum", on: backend)
      let (value, isFirst) = (Tensor.input(shape), Tensor.input([]))
      let program = try Program(
        outputs: [], updates: [Update(Accumulate(), of: [sum], from: [value, isFirst])],
        on: backend)
      try program.set(value, to: start)
      try program.set(isFirst, to: [1])
      try program.run()
      #expect(try sum.values() == start)
      try program.set(value, to: slopes)
      try program.set(isFirst, to: [0])
      try program.run()
      #expect(try sum.values() == zip(start, slopes).map { $0 + $1 })
    }
  }

  @Test func assignmentsSeeTheValueBefore() throws {
    for backend in OperationCheck.backends {
      let mean = try Variable([1, 2, 3], shape: [3], name: "mean", on: backend)
      let x = Tensor.input([3])
      let program = try Program(
        outputs: [Tensor(mean) * 2],
        updates: [Update(Assign(), of: [mean], from: [Tensor(mean) * 0.5 + x])], on: backend)
      let outputs = try program.run([x: [10, 20, 30]])
      #expect(outputs == [[2, 4, 6]])
      #expect(try mean.values() == [10.5, 21, 31.5])
    }
  }
}
