/// A `.comp` file.
struct Shader {
  let path: String
  let folder: ShaderFolder
  let text: String

  init(path: String, folder: ShaderFolder) throws {
    self.path = path
    self.folder = folder
    guard Self.name(of: path).isSnakeCase else {
      throw ShaderError(
        path: path, line: 1, message: "name shader files in snake_case, beginning with a letter")
    }
    text = try ShaderFolder.text(of: path)
  }

  /// Every way in which the shader is compiled.
  func variants() throws -> [ShaderVariant] {
    try Variant.all(in: text, path: path).map { ShaderVariant(shader: self, variant: $0) }
  }

  /// The file name without its extension.
  static func name(of path: String) -> String {
    String((path.split(separator: "/").last ?? "").dropLast(".comp".count))
  }

  /// The text of the first block of `//` lines.
  var openingComment: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.drop(while: \.isWhitespace) }
      .drop { !$0.hasPrefix("//") || $0.hasPrefix("//@") }
      .prefix { $0.hasPrefix("//") }
      .filter { !$0.hasPrefix("//@") }
      .map { line in
        let words = line.drop { $0 == "/" }
        return String(words.first == " " ? words.dropFirst() : words)
      }
  }
}

/// A shader compiled one way.
struct ShaderVariant {
  let shader: Shader
  let variant: Variant

  /// Compiles, reads the interface back and names the result.
  func kernel(_ compiler: borrowing GLSLCompiler) throws -> (GeneratedKernel, warnings: [String]) {
    let source = try IncludeExpander.expand(
      shader.path, in: shader.folder, preamble: variant.preamble)
    let compiled = try compiler.compile(source, path: shader.path)
    let interface = try ShaderInterface(SPIRVModule(words: compiled.named), path: shader.path)
    let name = Shader.name(of: shader.path)
    let kernel = GeneratedKernel(
      name: variant.name.isEmpty ? name : "\(name)-\(variant.name)",
      typeName: name.upperCamelCase + variant.name.upperCamelCase + "Kernel",
      documentation: shader.openingComment, interface: interface, code: compiled.stripped)
    return (kernel, compiled.warnings)
  }
}
