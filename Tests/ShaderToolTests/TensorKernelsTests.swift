import Foundation
import Testing

/// The shaders of this package, checked by tools that had no part in compiling them.
@Suite("Kernels of this package")
struct TensorKernelsTests {
  private static let shaders = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Shaders")

  @Test("Every module is valid for Vulkan 1.2", .enabled(if: program("spirv-val") != nil))
  func valid() throws {
    let validator = try #require(program("spirv-val"))
    try forEachModule { name, file in
      let outcome = try ShaderWorkspace.run(validator, ["--target-env", "vulkan1.2", file.path])
      #expect(outcome.status == 0, "\(name): \(outcome.messages)")
    }
  }

  @Test("Every module translates to Metal", .enabled(if: program("spirv-cross") != nil))
  func metal() throws {
    let translator = try #require(program("spirv-cross"))
    try forEachModule { name, file in
      let outcome = try ShaderWorkspace.run(
        translator, ["--msl", "--msl-version", "20300", file.path])
      #expect(outcome.status == 0, "\(name): \(outcome.messages)")
    }
  }

  @Test("Every shader opens with a comment and ends with a short main")
  func style() throws {
    let files = try FileManager.default.subpathsOfDirectory(atPath: Self.shaders.path)
    for file in files where file.hasSuffix(".comp") {
      let text = try String(contentsOf: Self.shaders.appending(path: file), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(
        lines.prefix(4).contains { $0.hasPrefix("// ") }, "\(file): no comment in the first lines")
      #expect(lines.allSatisfy { $0.count <= 100 }, "\(file): a line of more than 100 characters")
      let main = try #require(
        lines.firstIndex { $0.hasPrefix("void main()") }, "\(file): no main")
      let end = try #require(lines.lastIndex { $0 == "}" || $0.hasPrefix("void main() {}") })
      #expect(end - main < 30, "\(file): main has \(end - main) lines, or is not last")
    }
  }

  /// Compiles the package's shaders and hands over every module as a file.
  private func forEachModule(_ body: (String, URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "Kernels.swift")
    let outcome = try ShaderWorkspace.compile(Self.shaders.path, into: output.path)
    try #require(outcome.status == 0, "\(outcome.messages)")
    let text = try String(contentsOf: output, encoding: .utf8)
    for match in text.matches(of: #/static let kernel = Kernel\(\s+name: "(.+)",/#) {
      let rest = text[match.range.upperBound...]
      let code = try #require(rest.firstMatch(of: #/code: "(.+)"\)/#))
      let module = folder.appending(path: "\(match.1).spv")
      try #require(Data(base64Encoded: String(code.1))).write(to: module)
      try body(String(match.1), module)
    }
  }
}

/// Finds a program on the search path.
func program(_ name: String) -> URL? {
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { URL(filePath: String($0)).appending(path: name) }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}
