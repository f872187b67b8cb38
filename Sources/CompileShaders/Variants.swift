/// One way to compile a shader: with its own preprocessor definitions and its own kernel.
///
/// A line `//@variant half USE_HALF=1 WIDTH=8` in a shader adds the variant `half` to the plain
/// one.
struct Variant {
  /// Empty for the shader as it stands.
  var name: String
  /// `NAME` or `NAME=VALUE`.
  var definitions: [String]

  /// Preprocessor lines.
  var preamble: String {
    definitions.map { definition in
      let parts = definition.split(separator: "=", maxSplits: 1)
      return "#define \(parts[0]) \(parts.count > 1 ? parts[1] : "1")\n"
    }.joined()
  }

  /// The plain variant and those that the shader declares.
  static func all(in text: String, path: String) throws -> [Variant] {
    var variants = [Variant(name: "", definitions: [])]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard let marker = line.firstRange(of: "//@variant") else { continue }
      let words = line[marker.upperBound...].split(whereSeparator: \.isWhitespace).map(String.init)
      let variant = Variant(name: words.first ?? "", definitions: Array(words.dropFirst()))
      guard variant.isWellFormed else {
        throw ShaderError(
          path: path, line: index + 1,
          message: "write variants as //@variant name DEFINITION=value ..., the name in snake_case")
      }
      guard !variants.contains(where: { $0.name == variant.name }) else {
        throw ShaderError(
          path: path, line: index + 1, message: "the variant '\(variant.name)' is declared twice")
      }
      variants.append(variant)
    }
    return variants
  }

  private var isWellFormed: Bool {
    name.isSnakeCase && !definitions.isEmpty
      && definitions.allSatisfy { definition in
        let macro = definition.prefix { $0 != "=" }
        return macro.first.map { $0.isLetter || $0 == "_" } ?? false
          && macro.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      }
  }
}
