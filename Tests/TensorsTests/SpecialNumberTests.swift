import BreakbeatTraining
import Tensors
import Testing

/// Functions and their derivatives at infinities, NaN and zeros: what PyTorch 2.11 gives, on every
/// backend, alone and within a chain. Where PyTorch gives NaN for want of a limit (GELU of infinity
/// in its vector loops) the limit is expected, and said so.
@Suite("Special numbers")
struct SpecialNumberTests {
  /// A function with its values and its slopes at ``points``.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let function: @Sendable (Tensor) -> Tensor
    let values: [Float]
    let slopes: [Float]

    init(
      _ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor, _ values: [Float],
      _ slopes: [Float]
    ) {
      testDescription = name
      self.function = function
      self.values = values
      self.slopes = slopes
    }
  }

  static let points: [Float] = [-.infinity, -200, -0.0, 0, 200, .infinity, .nan]
  private static let (inf, nan) = (Float.infinity, Float.nan)

  static let rows: [Row] = [
    .init(
      "relu", { relu($0) }, [0, 0, 0, 0, 200, inf, nan], [0, 0, 0, 0, 1, 1, 1]),
    .init(
      "leakyReLU slope 0.2", { leakyReLU($0, slope: 0.2) }, [-inf, -40, 0, 0, 200, inf, nan],
      // PyTorch takes the other side's slope at NaN.
      [0.2, 0.2, 0.2, 0.2, 1, 1, 1]),
    .init(
      "sigmoid", { sigmoid($0) }, [0, 0, 0.5, 0.5, 1, 1, nan], [0, 0, 0.25, 0.25, 0, 0, nan]),
    .init(
      "silu", { silu($0) }, [nan, 0, 0, 0, 200, inf, nan], [nan, 0, 0.5, 0.5, 1, nan, nan]),
    .init("tanh", { tanh($0) }, [-1, -1, 0, 0, 1, 1, nan], [0, 0, 1, 1, 0, 0, nan]),
    // PyTorch: NaN at infinity.
    .init("gelu", { gelu($0) }, [nan, 0, 0, 0, 200, inf, nan], [nan, 0, 0.5, 0.5, 1, nan, nan]),
    // PyTorch: slopes NaN at the infinities.
    .init(
      "tanhGELU", { tanhGELU($0) }, [nan, 0, 0, 0, 200, inf, nan], [0, 0, 0.5, 0.5, 1, 1, nan]),
    .init(
      "elu scale 1.5", { elu($0, scale: 1.5) }, [-1.5, -1.5, 0, 0, 200, inf, nan],
      [0, 0, 1.5, 1.5, 1, 1, 1]),
    .init(
      "softplus", { softplus($0) }, [0, 0, 0.6931472, 0.6931472, 200, inf, nan],
      [0, 0, 0.5, 0.5, 1, 1, nan]),
    // PyTorch's slope at the bounds is 1, ours 0.
    .init(
      "clamped", { $0.clamped(to: -1...1.5) }, [-1, -1, 0, 0, 1.5, 1.5, nan],
      [0, 0, 1, 1, 0, 0, 0]),
    .init("exp", { exp($0) }, [0, 0, 1, 1, inf, inf, nan], [0, 0, 1, 1, inf, inf, nan]),
    .init("abs", { abs($0) }, [inf, 200, 0, 0, 200, inf, nan], [-1, -1, 0, 0, 1, 1, 0]),
    .init(
      "square", { square($0) }, [inf, 40000, 0, 0, 40000, inf, nan],
      [-inf, -400, 0, 0, 400, inf, nan]),
    .init(
      "reciprocal", { reciprocal($0) }, [0, -0.005, -inf, inf, 0.005, 0, nan],
      [0, -2.5e-5, -inf, -inf, -2.5e-5, 0, nan]),
  ]

  private func expect(
    _ values: ArraySlice<Float>, _ expected: [Float], _ what: String, _ backend: any Backend
  ) {
    for (point, pair) in zip(Self.points, zip(values, expected)) {
      let (value, wanted) = pair
      let isEqual =
        value == wanted || value.isNaN && wanted.isNaN || abs(value - wanted) <= 1e-6 * abs(wanted)
      #expect(isEqual, "\(what) at \(point): \(value), not \(wanted), on \(backend.name)")
    }
  }

  /// One program for all rows: software devices compile for each.
  private func check(_ backend: any Backend, passes: CompilePasses) throws {
    let x = Tensor.input([Self.points.count])
    let ones = Tensor.input([Self.points.count])
    var outputs: [Tensor] = []
    for row in Self.rows {
      let y = row.function(x)
      outputs += [y] + y.gradients(withRespectTo: [x], upstream: ones)
      // Within a chain.
      let z = row.function(x * 1)
      outputs += [z * 1]
    }
    let program = try Program(outputs: outputs, on: backend, passes: passes)
    let results = try program.run([
      x: Self.points, ones: [Float](repeating: 1, count: Self.points.count),
    ])
    for (index, row) in Self.rows.enumerated() {
      let name = row.testDescription
      expect(results[3 * index][...], row.values, name, backend)
      expect(results[3 * index + 1][...], row.slopes, "slope of \(name)", backend)
      expect(results[3 * index + 2][...], row.values, "chain of \(name)", backend)
    }
  }

  @Test("values and slopes on the CPU, for each instruction set")
  func onTheCPU() throws {
    for backend in [CPUBackend()] + CPUInstructionSet.all.compactMap(CPUBackend.init) {
      try check(backend, passes: .all)
    }
  }

  @Test("values and slopes on every device", arguments: TestDevice.vulkan)
  func onDevices(_ device: TestDevice) throws {
    try check(device.backend, passes: .all)
  }

  @Test("no upstream gradient passes a ReLU or a clamp that is flat", arguments: TestDevice.all)
  func flatSides(_ device: TestDevice) throws {
    let (x, g) = (Tensor.input([4]), Tensor.input([4]))
    let functions = [relu(x), x.clamped(to: -1...1)]
    let gradients = functions.map { $0.gradients(withRespectTo: [x], upstream: g)[0] }
    let program = try Program(outputs: gradients, on: device.backend)
    let results = try program.run([x: [-2, -3, -.infinity, -5], g: [.infinity, .nan, 1, -1]])
    for result in results { #expect(result == [0, 0, 0, 0], "\(result) on \(device)") }
  }

  @Test("numbers keep the sign of zero, in chains too", arguments: TestDevice.all)
  func signedZeros(_ device: TestDevice) throws {
    let x = Tensor.input([2])
    // One chain, in which both numbers occur.
    let quotients = exp(x) / .constant(-0.0) + exp(x) / .constant(-0.0)
    let both = maximum(exp(x) / .constant(0), abs(exp(x) / .constant(-0.0)) - 1)
    let results = try Program(outputs: [quotients, both], on: device.backend).run([x: [0, 1]])
    #expect(results[0] == [-.infinity, -.infinity], "\(results) on \(device)")
    #expect(results[1] == [.infinity, .infinity], "\(results) on \(device)")
  }

  @Test("maximum and minimum keep NaN", arguments: TestDevice.all)
  func extremes(_ device: TestDevice) throws {
    let (a, b) = (Tensor.input([3]), Tensor.input([3]))
    let results = try Program(outputs: [maximum(a, b), minimum(a, b)], on: device.backend)
      .run([a: [.nan, 1, .infinity], b: [1, .nan, -.infinity]])
    #expect(results[0][0].isNaN && results[0][1].isNaN && results[0][2] == .infinity)
    #expect(results[1][0].isNaN && results[1][1].isNaN && results[1][2] == -.infinity)
  }
}
