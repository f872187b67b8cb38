public import Tensors

/// The program's own conformance cases: every operation of `OperationCase.all`.
///
/// On the CPU, gradients are compared with finite differences; on another device, results and
/// gradients with those of the CPU. Everywhere a second run must give the same bits, and reproducible
/// arithmetic those of the CPU.
public enum SelfTest {
  /// Runs every case.
  ///
  /// - Parameters:
  ///   - backend: The device to test.
  ///   - report: Called with each result as it comes.
  @discardableResult
  public static func run(
    on backend: any Backend, report: (ConformanceResult) throws -> Void
  ) rethrows -> ConformanceSummary {
    var summary = ConformanceSummary()
    for operation in OperationCase.all {
      let result = operation.conformanceCase.run(on: backend)
      summary.add(result)
      try report(result)
    }
    return summary
  }
}

extension OperationCase {
  /// The row as a case with a verdict.
  package var conformanceCase: ConformanceCase {
    ConformanceCase(file: "built-in", name: description) { backend in
      let isCPU = backend is CPUBackend
      let parts: [@Sendable (any Backend) throws -> [Comparison]] = [
        repetition(on:), isCPU ? finiteDifferences(on:) : agreementWithCPU(_:),
        reproducibility(on:),
      ]
      return try parts.flatMap { try $0(backend) }
    }
  }

  /// Gradients against differences of results.
  package func finiteDifferences(on backend: any Backend) throws -> [Comparison] {
    isDifferentiated ? try FiniteDifferences.comparisons(of: expressions, on: backend) : []
  }

  /// Results and gradients against those of the CPU: both round to 24 bits after each of many
  /// terms, in different orders.
  package func agreementWithCPU(_ backend: any Backend) throws -> [Comparison] {
    let expressions = self.expressions
    let expected = try expressions.values(on: CPUBackend())
    let values = try expressions.values(on: backend)
    return zip(expressions.names, zip(values, expected)).map { name, pair in
      Comparison(name, pair.0, expected: pair.1) { 1e-5 * $0 }
    }
  }

  /// The result in reproducible arithmetic: near the usual one, and the bits of the CPU; of infinite
  /// numbers, which devices need not have, nothing.
  package func reproducibility(on backend: any Backend) throws -> [Comparison] {
    let expressions = self.expressions
    guard !values.contains(.special), Program.isReproducible([expressions.result], on: backend)
    else { return [] }
    let usual = try expressions.values(on: CPUBackend())[0]
    // The CPU itself is compared with what every processor has.
    let reference = CPUBackend(instructionSet: "baseline") ?? CPUBackend()
    let expected = try expressions.reproducibleValues(on: reference)
    let values = try expressions.reproducibleValues(on: backend)
    let unfused = try expressions.reproducibleValues(on: backend, passes: .order)
    return [
      Comparison("result, reproducible", values, expected: usual) { 1e-5 * $0 },
      Comparison("result, the CPU's bits", values, expected: expected) { _ in 0 },
      Comparison("result, unfused, the CPU's bits", unfused, expected: expected) { _ in 0 },
    ]
  }

  /// Two runs of two programs give the same bits.
  package func repetition(on backend: any Backend) throws -> [Comparison] {
    let expressions = self.expressions
    let first = try expressions.values(on: backend)
    let second = try expressions.values(on: backend)
    return zip(expressions.names, zip(second, first)).map { name, pair in
      Comparison("\(name), repeated", pair.0, expected: pair.1) { _ in 0 }
    }
  }
}
