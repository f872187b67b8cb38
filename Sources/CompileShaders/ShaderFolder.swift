#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The shaders of one target.
struct ShaderFolder {
  /// Absolute or relative path, without a slash at the end.
  var path: String

  /// Paths of all `.comp` files below the folder, in order of name.
  func shaders() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".comp") }
      .sorted()
      .map { path + "/" + $0 }
  }

  /// Reads a text file.
  static func text(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ShaderError(path: path, line: 1, message: "the file cannot be read")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ShaderError(path: path, line: 1, message: "the file is not UTF-8 text")
    }
    return text.replacing("\r\n", with: "\n")
  }
}
