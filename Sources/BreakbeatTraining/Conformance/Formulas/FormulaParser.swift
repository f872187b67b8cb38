/// Reads a ``Formula``, one precedence level per method.
struct FormulaParser {
  private let characters: [Character]
  private var position = 0
  private var depth = 0

  init(_ text: String) { characters = Array(text) }

  /// Terms with + and -.
  mutating func sum() throws(CaseProblem) -> Formula {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw .damaged("a formula is nested too deep") }
    var result = try product()
    while let symbol = take(where: { $0 == "+" || $0 == "-" }) {
      result = .operation(symbol, result, try product())
    }
    return result
  }

  /// Factors with *, / and %.
  private mutating func product() throws(CaseProblem) -> Formula {
    var result = try signed()
    while let symbol = take(where: { $0 == "*" || $0 == "/" || $0 == "%" }) {
      result = .operation(symbol, result, try signed())
    }
    return result
  }

  private mutating func signed() throws(CaseProblem) -> Formula {
    var negative = false
    while let symbol = take(where: { $0 == "-" || $0 == "+" }) {
      if symbol == "-" { negative.toggle() }
    }
    let value = try power()
    return negative ? .operation("-", .number(0), value) : value
  }

  private mutating func power() throws(CaseProblem) -> Formula {
    let base = try primary()
    guard takePowerSign() else { return base }
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw .damaged("a formula is nested too deep") }
    return .operation("^", base, try signed())
  }

  private mutating func primary() throws(CaseProblem) -> Formula {
    guard let next = peek() else { throw .unknown("a formula that ends too early") }
    if next.isNumber || next == "." { return try number() }
    if next.isLetter || next == "_" { return try name() }
    guard take("(") else { throw .unknown("a formula with an unexpected \"\(next)\"") }
    let inner = try sum()
    guard take(")") else { throw .unknown("a formula with an open parenthesis") }
    return inner
  }

  private mutating func number() throws(CaseProblem) -> Formula {
    var text = ""
    while position < characters.count {
      let character = characters[position]
      let isSign = (character == "-" || character == "+") && text.last == "e"
      let isExponent = (character == "e" || character == "E") && followsNumber(at: position + 1)
      // `0..9` is a range, not a number.
      let isRange =
        character == "." && position + 1 < characters.count && characters[position + 1] == "."
      guard character.isNumber || character == "." && !isRange || isExponent || isSign else {
        break
      }
      text.append(isExponent ? "e" : character)
      position += 1
    }
    guard let value = Double(text) else { throw .unknown("\"\(text)\" is no number") }
    return .number(value)
  }

  private func followsNumber(at index: Int) -> Bool {
    guard index < characters.count else { return false }
    if characters[index].isNumber { return true }
    return "+-".contains(characters[index]) && index + 1 < characters.count
      && characters[index + 1].isNumber
  }

  /// A variable or a call; of a dotted name such as `math.cos` the last part counts.
  private mutating func name() throws(CaseProblem) -> Formula {
    var text = ""
    while position < characters.count {
      let character = characters[position]
      guard character.isLetter || character.isNumber || character == "_" || character == "."
      else { break }
      text.append(character)
      position += 1
    }
    text = String(text.split(separator: ".").last ?? "")
    guard take("(") else { return .variable(text) }
    var arguments = [try sum()]
    while take(",") { arguments.append(try sum()) }
    guard take(")") else { throw .unknown("a formula with an open parenthesis") }
    return .call(text, arguments)
  }

  /// What follows the expression: nothing, or text after a comma or semicolon.
  mutating func remark() throws(CaseProblem) -> String {
    guard let next = peek() else { return "" }
    guard take(",") || take(";") else { throw .unknown("a formula with an unexpected \"\(next)\"") }
    return String(characters[position...])
  }

  private mutating func peek() -> Character? {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
    return position < characters.count ? characters[position] : nil
  }

  private mutating func take(_ wanted: Character) -> Bool { take(where: { $0 == wanted }) != nil }

  private mutating func take(where isWanted: (Character) -> Bool) -> Character? {
    guard let next = peek(), isWanted(next), !startsPower(next) else { return nil }
    position += 1
    return next
  }

  private func startsPower(_ next: Character) -> Bool {
    next == "*" && position + 1 < characters.count && characters[position + 1] == "*"
  }

  private mutating func takePowerSign() -> Bool {
    guard let next = peek() else { return false }
    if next == "^" {
      position += 1
      return true
    }
    guard startsPower(next) else { return false }
    position += 2
    return true
  }
}
