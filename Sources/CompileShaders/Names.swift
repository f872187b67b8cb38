extension String {
  /// Whether the text is words of lower-case letters and digits joined by underscores.
  var isSnakeCase: Bool {
    guard let first, first.isLetter else { return false }
    return allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
  }

  /// `convolution_forward` as `ConvolutionForward`.
  var upperCamelCase: String {
    split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// `tile_width`, `TILE_WIDTH` and `tileWidth` as `tileWidth`, in backticks when Swift
  /// reserves the word.
  var lowerCamelCase: String {
    let shouts = !contains(where: \.isLowercase)
    let words = (shouts ? lowercased() : self).split(separator: "_").map(String.init)
    let name =
      (words.first.map { $0.prefix(1).lowercased() + $0.dropFirst() } ?? "")
      + words.dropFirst().joined(separator: "_").upperCamelCase
    return reservedWords.contains(name) ? "`\(name)`" : name
  }
}

/// Words that need backticks as names of properties or parameters.
private let reservedWords: Set<String> = [
  "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
  "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
  "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
  "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return",
  "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
  "typealias", "var", "where", "while",
]
