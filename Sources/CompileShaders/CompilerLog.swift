/// glslang's messages, rewritten as `path:line:1: error: text`.
struct CompilerLog {
  private(set) var lines: [String] = []
  private(set) var hasErrors = false
  let path: String

  init(path: String) { self.path = path }

  /// Adds what the compiler wrote.
  mutating func append(_ text: UnsafePointer<CChar>?) {
    guard let text else { return }
    for line in String(cString: text).split(separator: "\n") where !isSummary(line) {
      append(line)
    }
  }

  private mutating func append(_ line: Substring) {
    for (prefix, severity) in severities where line.hasPrefix(prefix) {
      let (place, message) = locate(line.dropFirst(prefix.count).drop { $0 == " " })
      lines.append("\(place):1: \(severity): \(message)")
      hasErrors = hasErrors || severity == "error"
      return
    }
    lines.append("\(path):1:1: note: \(line)")
  }

  private var severities: [(String, String)] {
    [
      ("ERROR:", "error"), ("INTERNAL ERROR:", "error"), ("UNIMPLEMENTED:", "error"),
      ("error:", "error"), ("WARNING:", "warning"), ("warning:", "warning"), ("NOTE:", "note"),
    ]
  }

  /// Splits `path:12: text` into `path:12` and `text`; text without a place gets line 1.
  private func locate(_ text: Substring) -> (place: String, message: Substring) {
    var search = text[...]
    while let colon = search.firstIndex(of: ":") {
      let rest = text[text.index(after: colon)...]
      let digits = rest.prefix { $0.isNumber }
      let end = rest[digits.endIndex...]
      if !digits.isEmpty, end.hasPrefix(": ") || end == ":" {
        let file = text[..<colon]
        let isString = file.allSatisfy(\.isNumber)
        return ("\(isString ? path : String(file)):\(digits)", end.dropFirst().drop { $0 == " " })
      }
      search = rest
    }
    return ("\(path):1", text)
  }

  private func isSummary(_ line: Substring) -> Bool {
    line.contains("compilation errors.  No code generated")
      || line.contains("compilation terminated") || line.allSatisfy(\.isWhitespace)
  }
}
