import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Functions that are small where their argument is: what is left after differences of larger
/// numbers must not decide them.
@Suite("Small numbers")
struct SmallNumberTests {
  /// From 1e-8 to 1, twenty for each power of ten, with both signs.
  private static let points: [Float] = {
    var points: [Float] = []
    var size = 1e-8
    while size < 1.01 {
      points += [Float(size), -Float(size)]
      size *= 1.122018454
    }
    return points
  }()

  /// The largest difference in relation to the exact value itself.
  private func error(_ values: [Float], _ exact: [Double]) -> Double {
    zip(values, exact).reduce(0.0) { worst, pair in
      let difference = abs(Double(pair.0) - pair.1) / abs(pair.1)
      return difference.isNaN ? .infinity : max(worst, difference)
    }
  }

  @Test("tanh and ELU keep their digits near 0")
  func keepDigits() throws {
    let x = Tensor.input([Self.points.count])
    let outputs: [Tensor] = [tanh(x), elu(x, scale: 1.5)]
    let numbers = Self.points.map { Double($0) }
    let tangents: [Double] = numbers.map { tanh($0) }
    let units: [Double] = numbers.map { $0 > 0 ? $0 : 1.5 * expm1($0) }
    for backend in OperationCheck.backends {
      let results = try Program(outputs: outputs, on: backend).run([x: Self.points])
      let limit = backend is CPUBackend ? 4e-7 : 2e-6
      for (values, exact) in zip(results, [tangents, units]) {
        let worst = error(values, exact)
        #expect(worst < limit, "\(worst) on \(backend.name)")
      }
    }
  }

  /// e^x of a large x has fewer digits on devices than near 0.
  @Test("softplus keeps its digits far below 0")
  func keepSoftplus() throws {
    let points = (-80...20).map { Float($0) }
    let x = Tensor.input([points.count])
    let exact = points.map { point -> Double in
      let number = Double(point)
      return max(number, 0) + log1p(exp(-abs(number)))
    }
    for backend in OperationCheck.backends {
      let program = try Program(outputs: [softplus(x)], on: backend)
      let worst = error(try program.run([x: points])[0], exact)
      let limit = backend is CPUBackend ? 4e-7 : 3e-5
      #expect(worst < limit, "\(worst) on \(backend.name)")
    }
  }

  @Test("tanh and ELU keep the sign of 0")
  func keepSigns() throws {
    let x = Tensor.input([2])
    let outputs: [Tensor] = [tanh(x), elu(x)]
    for backend in CPUInstructionSet.all.compactMap(CPUBackend.init) {
      for values in try Program(outputs: outputs, on: backend).run([x: [-0.0, 0]]) {
        #expect(values == [0, 0] && values.map(\.sign) == [.minus, .plus])
      }
    }
  }
}
