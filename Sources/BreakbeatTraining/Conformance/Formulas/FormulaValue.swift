import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a ``Formula`` can be evaluated with: numbers, or expressions of them.
package protocol FormulaValue {
  static func number(_ value: Double) -> Self
  /// The result of `+ - * / % ^`; `nil` where there is none.
  static func result(of symbol: Character, _ a: Self, _ b: Self) -> Self?
  /// The result of a function; `nil` where it is not known.
  static func result(ofFunction name: String, _ arguments: [Self]) -> Self?
}

extension Double: FormulaValue {
  package static func number(_ value: Double) -> Double { value }

  package static func result(of symbol: Character, _ a: Double, _ b: Double) -> Double? {
    switch symbol {
    case "+": a + b
    case "-": a - b
    case "*": a * b
    case "/": a / b
    case "%": a - (a / b).rounded(.down) * b
    case "^": pow(a, b)
    default: nil
    }
  }

  package static func result(ofFunction name: String, _ arguments: [Double]) -> Double? {
    switch (name, arguments.count) {
    case ("min", 1...): arguments.min()
    case ("max", 1...): arguments.max()
    case ("cos", 1): cos(arguments[0])
    case ("sin", 1): sin(arguments[0])
    case ("tanh", 1): tanh(arguments[0])
    case ("exp", 1): exp(arguments[0])
    case ("ln", 1), ("log", 1): log(arguments[0])
    case ("sqrt", 1): arguments[0].squareRoot()
    case ("abs", 1): arguments[0].magnitude
    case ("floor", 1): arguments[0].rounded(.down)
    case ("ceil", 1): arguments[0].rounded(.up)
    case ("pow", 2): pow(arguments[0], arguments[1])
    default: nil
    }
  }
}

/// A number or a tensor: a product of numbers stays a number, so no dispatch is spent on it.
enum FormulaTerm: FormulaValue {
  case constant(Double)
  case tensor(Tensor)

  static func number(_ value: Double) -> FormulaTerm { .constant(value) }

  var tensor: Tensor {
    switch self {
    case .constant(let value): .constant(Float(value))
    case .tensor(let tensor): tensor
    }
  }

  static func result(of symbol: Character, _ a: FormulaTerm, _ b: FormulaTerm) -> FormulaTerm? {
    switch (symbol, a, b) {
    case (_, .constant(let a), .constant(let b)):
      Double.result(of: symbol, a, b).map { .constant($0) }
    case ("+", .tensor(let a), .constant(let b)), ("+", .constant(let b), .tensor(let a)):
      .tensor(a + Float(b))
    case ("-", .tensor(let a), .constant(let b)): .tensor(a - Float(b))
    case ("-", .constant(let a), .tensor(let b)): .tensor(Float(a) - b)
    case ("*", .tensor(let a), .constant(let b)), ("*", .constant(let b), .tensor(let a)):
      .tensor(a * Float(b))
    case ("/", .tensor(let a), .constant(let b)): .tensor(a.scaled(by: Float(1 / b)))
    case ("/", .constant(let a), .tensor(let b)): .tensor(reciprocal(b) * Float(a))
    case ("^", .tensor(let a), .constant(2)): .tensor(square(a))
    case ("+", .tensor(let a), .tensor(let b)): .tensor(a + b)
    case ("-", .tensor(let a), .tensor(let b)): .tensor(a - b)
    case ("*", .tensor(let a), .tensor(let b)): .tensor(a * b)
    case ("/", .tensor(let a), .tensor(let b)): .tensor(a / b)
    default: nil
    }
  }

  static func result(ofFunction name: String, _ arguments: [FormulaTerm]) -> FormulaTerm? {
    let numbers = arguments.compactMap { if case .constant(let x) = $0 { x } else { nil } }
    if numbers.count == arguments.count {
      return Double.result(ofFunction: name, numbers).map { .constant($0) }
    }
    let x = arguments[0].tensor
    switch (name, arguments.count) {
    case ("ln", 1), ("log", 1): return .tensor(log(x))
    case ("exp", 1): return .tensor(exp(x))
    case ("sqrt", 1): return .tensor(sqrt(x))
    case ("tanh", 1): return .tensor(tanh(x))
    case ("abs", 1): return .tensor(abs(x))
    case ("min", 2): return .tensor(minimum(x, arguments[1].tensor))
    case ("max", 2): return .tensor(maximum(x, arguments[1].tensor))
    default: return nil
    }
  }
}
