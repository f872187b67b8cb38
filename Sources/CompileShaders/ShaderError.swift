/// A mistake in a shader, in the form compilers use, so that editors can jump to it.
struct ShaderError: Error, CustomStringConvertible {
  var path: String
  /// Counted from 1.
  var line: Int
  var message: String

  var description: String { "\(path):\(line):1: error: \(message)" }
}

/// Everything that is wrong with a folder of shaders, reported together.
struct ShaderErrors: Error {
  /// One line each, ready to print.
  var lines: [String]
}
