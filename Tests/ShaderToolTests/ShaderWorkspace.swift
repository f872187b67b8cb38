import Foundation
import ProgramRunner

/// A temporary folder of shaders and the tool that compiles it.
final class ShaderWorkspace {
  /// How a run of the tool ended.
  struct Outcome {
    var status: Int32
    var messages: String
  }

  /// The folder's path, as it appears in messages.
  var path: String { folder.path }
  private let folder: URL
  private let output: URL

  /// Writes the files, by path below the folder.
  init(_ files: [String: String]) throws {
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    folder = root.appending(path: "Shaders")
    output = root.appending(path: "Kernels.swift")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (path, text) in files { try write(text, to: path) }
  }

  deinit { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }

  func write(_ text: String, to path: String) throws {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(at: folder.appending(path: path))
  }

  /// Compiles the folder.
  func compile() throws -> Outcome {
    try Self.compile(folder.path, into: output.path)
  }

  /// Compiles the folder and returns the generated source.
  func generated() throws -> String {
    let outcome = try compile()
    guard outcome.status == 0 else { throw ToolFailure(description: outcome.messages) }
    return try String(contentsOf: output, encoding: .utf8)
  }

  /// Runs the tool on any folder.
  static func compile(_ folder: String, into output: String) throws -> Outcome {
    try run(tool, [folder, output])
  }

  /// Runs a program and collects what it says.
  static func run(_ program: URL, _ arguments: [String]) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory
    let outcome = try ProgramOutcome.of(program, arguments, in: folder)
    return Outcome(status: outcome.status, messages: outcome.output + outcome.errors)
  }

  /// The tool that the plug-in ran when this package was built, beside the test bundle.
  private static var tool: URL {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let folder = bundle ?? URL(filePath: CommandLine.arguments[0])
    let names = ["CompileShaders-tool", "CompileShaders"]
    let tools = names.map { folder.deletingLastPathComponent().appending(path: $0) }
    return tools.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? tools[0]
  }
}

/// The tool refused what a test expected it to accept.
struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// A shader around a body.
func shader(_ declarations: String = "", main: String = "") -> String {
  """
  #version 460
  layout(local_size_x = 64) in;
  \(declarations)
  void main() { \(main) }
  """
}
