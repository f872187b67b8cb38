#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `CompileShaders FOLDER OUTPUT.swift`: compiles every `.comp` file of a folder into one Swift
/// file of typed kernels.
@main
struct CompileShaders {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      report(["usage: CompileShaders FOLDER OUTPUT.swift"])
      exit(64)
    }
    do {
      let (kernels, warnings) = try compile(ShaderFolder(path: arguments[1]))
      report(warnings)
      try save(SwiftFile(kernels: kernels).text, to: arguments[2])
    } catch let errors as ShaderErrors {
      report(errors.lines)
      exit(1)
    } catch {
      report(["\(arguments[1]): error: \(error)"])
      exit(1)
    }
  }

  /// Compiles all shaders, so that one build shows the mistakes of all of them.
  private static func compile(
    _ folder: ShaderFolder
  ) throws -> (kernels: [GeneratedKernel], warnings: [String]) {
    let compiler = GLSLCompiler()
    var kernels: [GeneratedKernel] = []
    var warnings: [String] = []
    var errors: [String] = []
    for path in try folder.shaders() {
      do {
        for variant in try Shader(path: path, folder: folder).variants() {
          let (kernel, messages) = try variant.kernel(compiler)
          warnings += messages
          if kernels.contains(where: { $0.typeName == kernel.typeName }) {
            throw ShaderError(
              path: path, line: 1, message: "another shader also makes \(kernel.typeName)")
          }
          kernels.append(kernel)
        }
      } catch let error as ShaderErrors {
        errors += error.lines
      } catch let error as ShaderError {
        errors.append(error.description)
      }
    }
    guard errors.isEmpty else { throw ShaderErrors(lines: unique(errors)) }
    return (kernels, unique(warnings))
  }

  /// Leaves an unchanged file alone, so that nothing that imports it is compiled again.
  private static func save(_ text: String, to path: String) throws {
    guard FileManager.default.contents(atPath: path) != Data(text.utf8) else { return }
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  }

  /// Variants of a shader repeat its messages.
  private static func unique(_ lines: [String]) -> [String] {
    var seen: Set<String> = []
    return lines.filter { seen.insert($0).inserted }
  }

  private static func report(_ lines: [String]) {
    let text = Array(lines.map { $0 + "\n" }.joined().utf8)
    _ = write(STDERR_FILENO, text, text.count)
  }
}
