/// An arithmetic expression given as text, such as `0.5*min(1,(step+1)/10)`.
///
/// Numbers, `+ - * / % ^`, parentheses, functions of numbers and named variables; `**` is a power.
/// What follows a comma at the top level is a remark: `2*k, k=0..9`.
package indirect enum Formula: Sendable, Hashable {
  case number(Double)
  case variable(String)
  case operation(Character, Formula, Formula)
  case call(String, [Formula])

  /// The expression at the beginning of a text, and the remark after it.
  package static func parse(_ text: String) throws(CaseProblem) -> (
    formula: Formula, remark: String
  ) {
    var parser = FormulaParser(text)
    let formula = try parser.sum()
    return (formula, try parser.remark())
  }

  package init(_ text: String) throws(CaseProblem) { self = try Formula.parse(text).formula }

  /// The names of the variables in it.
  package var variables: Set<String> {
    switch self {
    case .number: []
    case .variable(let name): [name]
    case .operation(_, let a, let b): a.variables.union(b.variables)
    case .call(_, let arguments): arguments.reduce(into: []) { $0.formUnion($1.variables) }
    }
  }

  /// The value with the given variables.
  package func value<Value: FormulaValue>(_ variables: [String: Value]) throws(CaseProblem) -> Value
  {
    switch self {
    case .number(let number):
      return .number(number)
    case .variable(let name):
      if let value = variables[name] { return value }
      if name == "pi" { return .number(.pi) }
      throw .unknown("formula with unknown name \(name)")
    case .operation(let symbol, let a, let b):
      let (a, b) = (try a.value(variables), try b.value(variables))
      guard let result = Value.result(of: symbol, a, b) else {
        throw .unknown("formula with \(symbol), which is not known for \(Value.self)")
      }
      return result
    case .call(let name, let arguments):
      var values: [Value] = []
      for argument in arguments { values.append(try argument.value(variables)) }
      guard let result = Value.result(ofFunction: name, values) else {
        throw .unknown("formula with unknown function \(name) of \(values.count) numbers")
      }
      return result
    }
  }
}
