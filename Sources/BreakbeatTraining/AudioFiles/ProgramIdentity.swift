internal import TensorKernels
internal import VulkanCompute

/// Which program and which kernels run: what bug reports and measurements should name.
public struct ProgramIdentity: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The version.
  public var version: String
  /// The first 12 digits of the SHA-256 of the program's file: equal builds have equal ones. Nil
  /// where the file cannot be read.
  public var build: String?
  /// The first 12 digits of the SHA-256 of all kernels' SPIR-V, in the order of their names.
  public var shaders: String
  /// How many kernels there are.
  public var shaderCount: Int

  /// The identity of the program in a file; by default, of the running one.
  public init(program path: String = "/proc/self/exe") {
    version = vamenVersion
    build = (try? digestOfFile(path)).map { String($0.prefix(12)) }
    let kernels = everyKernel.sorted { $0.name < $1.name }
    var digest = SHA256()
    for kernel in kernels { digest.update(Array(kernel.name.utf8) + [0] + kernel.moduleBytes) }
    shaders = String(digest.finish().prefix(12))
    shaderCount = kernels.count
  }

  /// Three lines.
  public var description: String {
    "vamen \(version)\nbuild \(build ?? "unknown")\nshaders \(shaders), \(shaderCount) kernels"
  }
}
