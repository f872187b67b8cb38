internal import Tensors

extension StrictJSON {
  /// The value as JSON on one line; members in alphabetical order.
  var line: String {
    switch self {
    case .object(let members):
      let list = members.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \($0.value.line)" }
      return "{" + list.joined(separator: ", ") + "}"
    case .array(let elements): return "[" + elements.map(\.line).joined(separator: ", ") + "]"
    case .string(let string): return quoted(string)
    case .integer(let integer): return "\(integer)"
    case .number(let number): return "\(number)"
    case .boolean(let boolean): return "\(boolean)"
    case .null: return "null"
    }
  }

  private func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
