import Tensors

/// One case of a golden file: parameters, inputs and expected results.
package struct GoldenCase: Sendable {
  /// A tensor of the file.
  package struct Entry: Sendable {
    /// Sizes, slowest axis first.
    package let shape: [Int]
    /// Numbers, row-major.
    package let values: [Float]
  }

  /// The file's name without its extension.
  package let file: String
  /// The case's name in the file.
  package let name: String
  let fields: [String: StrictJSON]
  let tensors: [String: Entry]

  /// `file/case`.
  package var path: String { "\(file)/\(name)" }

  /// What the case computes, as the file says it.
  var operation: String { fields["op"]?.text ?? "" }

  /// A tensor that the case must have.
  func tensor(_ name: String) throws(CaseProblem) -> Entry {
    guard let tensor = tensors[name] else { throw .damaged("tensor \(name) is missing") }
    return tensor
  }

  /// The largest difference between a float32 run of the reference and its float64 run.
  func referenceError(of tensor: String) -> Double {
    fields["fp32_err"]?.object?[tensor]?.number ?? 0
  }
}

// Fields. Those with a default may be absent; a value of the wrong kind is damage.
extension GoldenCase {
  func number(_ name: String, default preset: Double? = nil) throws(CaseProblem) -> Double {
    guard let field = fields[name], field != .null else {
      if let preset { return preset }
      throw .damaged("field \(name) is missing")
    }
    guard let number = field.number else { throw .damaged("field \(name) is not a number") }
    return number
  }

  func float(_ name: String, default preset: Double? = nil) throws(CaseProblem) -> Float {
    Float(try number(name, default: preset))
  }

  func integer(
    _ name: String, in range: ClosedRange<Int>, default preset: Int? = nil
  ) throws(CaseProblem) -> Int {
    let value = try number(name, default: preset.map(Double.init))
    guard let integer = Int(exactly: value), range.contains(integer) else {
      throw .damaged("\(name) is \(value), not a whole number in \(range)")
    }
    return integer
  }

  /// Two whole numbers `[y, x]`, or one for both.
  func pair(
    _ name: String, in range: ClosedRange<Int>, default preset: Int? = nil
  ) throws(CaseProblem) -> PerAxis {
    guard let both = fields[name]?.array else {
      return PerAxis(try integer(name, in: range, default: preset))
    }
    let values = both.compactMap { $0.number.flatMap { Int(exactly: $0) } }
    guard values.count == 2, both.count == 2, values.allSatisfy(range.contains) else {
      throw .damaged("\(name) is not a pair of whole numbers in \(range)")
    }
    return PerAxis(y: values[0], x: values[1])
  }

  func flag(_ name: String, default preset: Bool? = nil) throws(CaseProblem) -> Bool {
    switch fields[name] {
    case .boolean(let value): return value
    case .integer(let value): return value != 0
    case nil, .null:
      if let preset { return preset }
      throw .damaged("field \(name) is missing")
    default: throw .damaged("field \(name) is neither true nor false")
    }
  }

  func text(_ name: String, default preset: String? = nil) throws(CaseProblem) -> String {
    guard let field = fields[name], field != .null else {
      if let preset { return preset }
      throw .damaged("field \(name) is missing")
    }
    guard let text = field.text else { throw .damaged("field \(name) is not text") }
    return text
  }
}

extension StrictJSON {
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  var text: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var array: [StrictJSON]? {
    if case .array(let values) = self { values } else { nil }
  }

  var object: [String: StrictJSON]? {
    if case .object(let values) = self { values } else { nil }
  }
}
