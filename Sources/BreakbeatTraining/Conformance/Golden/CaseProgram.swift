import Tensors

/// The expressions of one golden case and the bytes of their inputs.
struct CaseProgram {
  let golden: GoldenCase
  private var inputs: [Tensor: [Float]] = [:]
  private var expectations: [Expectation] = []

  /// A computed tensor and the tensor of the file it should equal.
  private struct Expectation {
    let name: String
    let tensor: Tensor
    let tolerance: Tolerance
    /// Smaller numbers, expected or not, count as this.
    let floor: Float?
  }

  init(_ golden: GoldenCase) { self.golden = golden }

  /// The case's tensor of a name as an input; with a rank or a shape that it must have.
  mutating func input(
    _ name: String, rank: Int? = nil, shape: [Int]? = nil
  ) throws(CaseProblem) -> Tensor {
    let entry = try golden.tensor(name)
    if let rank, entry.shape.count != rank {
      throw .damaged("\(name) has shape \(entry.shape), not \(rank) axes")
    }
    if let shape, entry.shape != shape {
      throw .damaged("\(name) has shape \(entry.shape), not \(shape)")
    }
    return input(entry.values, shape: entry.shape, name: name)
  }

  /// Other numbers as an input.
  mutating func input(_ values: [Float], shape: [Int], name: String) -> Tensor {
    let tensor = Tensor.input(Shape(shape), name: name)
    inputs[tensor] = values
    return tensor
  }

  /// Says which tensor of the file a computed tensor should equal.
  mutating func expect(
    _ name: String, _ tensor: Tensor, _ tolerance: Tolerance = .standard, floor: Float? = nil
  ) {
    expectations.append(
      Expectation(name: name, tensor: tensor, tolerance: tolerance, floor: floor))
  }

  /// The same, where the file has that tensor.
  mutating func expectIfGiven(
    _ name: String, _ tensor: @autoclosure () throws -> Tensor, _ tolerance: Tolerance = .standard
  ) rethrows {
    if golden.tensors[name] != nil { expect(name, try tensor(), tolerance) }
  }

  /// Expects the gradients that the file has, of a result or of a scalar.
  ///
  /// - Parameters:
  ///   - result: What is differentiated; the file's `grad_output` is the gradient by it.
  ///   - inputs: The tensors by which, named as in the file without `grad_`.
  mutating func expectGradients(
    of result: Tensor, by inputs: KeyValuePairs<String, Tensor>
  ) throws(CaseProblem) {
    try expectGradients(of: result, by: inputs.map { ($0.key, $0.value) })
  }

  mutating func expectGradients(
    of result: Tensor, by inputs: [(name: String, tensor: Tensor)]
  ) throws(CaseProblem) {
    let wanted = inputs.filter { golden.tensors["grad_" + $0.name] != nil }
    guard !wanted.isEmpty else { return }
    var upstream: Tensor?
    if golden.tensors["grad_output"] != nil {
      upstream = try input("grad_output", shape: result.shape.dimensions)
    } else if result.shape.count != 1 {
      throw .damaged("tensor grad_output is missing")
    }
    let gradients = result.gradients(withRespectTo: wanted.map(\.tensor), upstream: upstream)
    for (entry, gradient) in zip(wanted, gradients) {
      expect("grad_" + entry.name, gradient, .gradient(of: entry.name))
    }
  }

  /// Runs once and reads some tensors.
  func values(of outputs: [Tensor], on backend: any Backend) throws -> [[Float]] {
    try Program(outputs: outputs, on: backend, label: golden.path).run(inputs)
  }

  /// Runs everything once and compares.
  func compare(on backend: any Backend) throws -> [Comparison] {
    for expectation in expectations {
      let expected = try golden.tensor(expectation.name)
      // A scalar is stored with shape [1].
      guard
        expected.values.count == expectation.tensor.shape.count,
        expected.shape.filter({ $0 != 1 })
          == expectation.tensor.shape.dimensions.filter({ $0 != 1 })
      else {
        throw CaseProblem.damaged(
          "\(expectation.name) has shape \(expected.shape) in the file, "
            + "but the parameters and inputs give \(expectation.tensor.shape)")
      }
    }
    let values = try values(of: expectations.map(\.tensor), on: backend)
    return try zip(expectations, values).map { expectation, values in
      try golden.compare(
        expectation.name, values, expectation.tolerance, floor: expectation.floor)
    }
  }
}

extension GoldenCase {
  /// Compares computed numbers with a tensor of the file.
  func compare(
    _ name: String, _ values: [Float], _ tolerance: Tolerance, floor: Float? = nil,
    strays: Comparison.StrayAllowance = .none
  ) throws(CaseProblem) -> Comparison {
    var values = values
    var expected = try tensor(name).values
    if let floor {
      // Not a number stays what it is.
      values = values.map { $0 < floor ? floor : $0 }
      expected = expected.map { max($0, floor) }
    }
    guard values.count == expected.count else {
      throw .damaged("\(name) holds \(expected.count) numbers, \(values.count) computed")
    }
    return Comparison(name, values, expected: expected, strays: strays) {
      tolerance.value(referenceError: referenceError(of: name), scale: $0)
    }
  }
}
