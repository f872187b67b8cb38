/// JSON from untrusted files.
///
/// A parser of our own because the file formats forbid what general parsers let pass: duplicate
/// keys, deep nesting, numbers beyond exact integers, text after the value. Messages say at which
/// byte.
package enum StrictJSON: Hashable, Sendable {
  case object([String: StrictJSON])
  case array([StrictJSON])
  case string(String)
  /// A whole number.
  case integer(Int)
  /// A number with fraction or exponent, or beyond `Int`.
  case number(Double)
  case boolean(Bool)
  case null

  /// What is wrong, and where.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Parses one value that fills the text; space around it is allowed.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - maximumDepth: Objects and arrays that may be open at once.
  package init(_ bytes: [UInt8], maximumDepth: Int = 32) throws {
    var parser = Parser(bytes: bytes, maximumDepth: maximumDepth)
    self = try parser.document()
  }
}

private struct Parser {
  let bytes: [UInt8]
  let maximumDepth: Int
  var position = 0
  var depth = 0

  init(bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws -> StrictJSON {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end") }
    return value
  }

  private func failure(_ text: String) -> StrictJSON.Failure {
    StrictJSON.Failure(description: "JSON at byte \(position): \(text)")
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Moves past `character` when it is next.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let byte = next, UInt32(byte) == character.value else { return false }
    position += 1
    return true
  }

  private mutating func value() throws -> StrictJSON {
    skipSpace()
    if take("{") { return try nested { try $0.object() } }
    if take("[") { return try nested { try $0.array() } }
    if take("\"") { return .string(try string()) }
    for (word, value) in [
      ("true", StrictJSON.boolean(true)), ("false", .boolean(false)), ("null", .null),
    ]
    where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    return try number()
  }

  private mutating func nested(
    _ body: (inout Parser) throws -> StrictJSON
  ) throws -> StrictJSON {
    depth += 1
    guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth)") }
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws -> StrictJSON {
    var members: [String: StrictJSON] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard take("\"") else { throw failure("a key in quotes is missing") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw failure("':' is missing after \"\(key)\"") }
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw failure("key \"\(key)\" occurs twice")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure("',' or '}' is missing") }
    return .object(members)
  }

  private mutating func array() throws -> StrictJSON {
    var elements: [StrictJSON] = []
    skipSpace()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try value())
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure("',' or ']' is missing") }
    return .array(elements)
  }

  private mutating func number() throws -> StrictJSON {
    let start = position
    while let byte = next,
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "+-.eE".utf8.contains(byte)
    { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let hasLeadingZero =
      digits.count > 1 && digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true
    if !text.hasPrefix("+"), !hasLeadingZero, digits.first?.isNumber == true, !text.hasSuffix(".") {
      if let integer = Int(text) { return .integer(integer) }
      if let number = Double(text), number.isFinite { return .number(number) }
    }
    position = start
    throw failure("a value is missing")
  }

  /// The rest of a string whose opening quote was taken.
  private mutating func string() throws -> String {
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += String(try escape()).utf8
      case 0..<0x20: throw failure("a control character in a string")
      default: text.append(byte)
      }
    }
    throw failure("a string has no end")
  }

  private mutating func escape() throws -> Unicode.Scalar {
    guard let byte = next else { throw failure("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    var code = UInt32(try hexadecimal())
    if 0xD800..<0xDC00 ~= code {
      guard take("\\"), take("u") else { throw failure("half of a surrogate pair") }
      let low = UInt32(try hexadecimal())
      guard 0xDC00..<0xE000 ~= low else { throw failure("half of a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws -> UInt16 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.count == 4, !text.hasPrefix("+"), !text.hasPrefix("-"),
      let code = UInt16(text, radix: 16)
    else { throw failure("four hexadecimal digits are missing after \\u") }
    position += 4
    return code
  }
}
