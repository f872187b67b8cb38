import BreakbeatTraining
import Tensors
import Testing

/// Runs expressions on every backend of this machine and compares with numbers in `Double`.
enum OperationCheck {
  /// The CPU with one and with all threads, with the kernels of each instruction set it has, and
  /// each Vulkan device.
  static let backends: [any Backend] =
    [CPUBackend(threadCount: 1)] + CPUInstructionSet.all.compactMap(CPUBackend.init)
    + TestDevice.all.map(\.backend)

  /// Numbers that look random, each about 1 in size, different from each other.
  static func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
    var stream = PhiloxStream(seed: seed)
    return (0..<count).map { _ in Float(stream.uniform(in: -2..<2)) }
  }

  /// An input with its values.
  struct Input {
    let tensor: Tensor
    let values: [Float]

    init(_ shape: Shape, seed: UInt64 = 1) {
      tensor = .input(shape)
      values = OperationCheck.numbers(shape.count, seed: seed)
    }

    init(_ tensor: Tensor, _ values: [Float]) {
      self.tensor = tensor
      self.values = values
    }

    init(_ shape: Shape, _ values: [Float]) {
      tensor = .input(shape)
      self.values = values
    }
  }

  /// Expects an output everywhere, to within a tolerance relative to the largest value.
  static func expect(
    _ output: Tensor, from inputs: [Input], equals expected: [Double], tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for backend in backends {
      let program = try Program(outputs: [output], on: backend)
      for input in inputs { try program.set(input.tensor, to: input.values) }
      try program.run()
      let values = try program.values(of: output)
      try #require(values.count == expected.count, sourceLocation: sourceLocation)
      let scale = expected.reduce(1e-30) { max($0, abs($1)) }
      let error = zip(values, expected).reduce(0) { worst, pair in
        let difference = abs(Double(pair.0) - pair.1)
        return difference.isNaN ? .infinity : max(worst, difference)
      }
      #expect(
        error <= tolerance * scale, "\(output.shape) on \(backend.name)",
        sourceLocation: sourceLocation)
    }
  }

  /// Expects the gradient of Σ output · w by an input to be what differences in `Double` of a
  /// reference give.
  static func expectGradient(
    of output: Tensor, by input: Input, others: [Input] = [], tolerance: Double = 1e-4,
    reference: @escaping ([Double]) -> [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let weights = Input(output.shape, seed: 99)
    let gradient = output.gradients(withRespectTo: [input.tensor], upstream: weights.tensor)[0]
    let loss = { (x: [Double]) in
      zip(reference(x), weights.values).reduce(0.0) { $0 + $1.0 * Double($1.1) }
    }
    let start = input.values.map(Double.init)
    let expected = start.indices.map { index in
      var (above, below) = (start, start)
      above[index] += 1e-5
      below[index] -= 1e-5
      return (loss(above) - loss(below)) / 2e-5
    }
    try expect(
      gradient, from: [input, weights] + others, equals: expected, tolerance: tolerance,
      sourceLocation: sourceLocation)
  }
}
