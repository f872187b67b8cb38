/// The generated source of one target.
struct SwiftFile {
  var kernels: [GeneratedKernel]

  /// The whole text.
  var text: String {
    let names = kernels.map { "  \($0.typeName).kernel," }
    let list =
      ["/// Every kernel of this module.", "public let everyKernel: [Kernel] = ["] + names + ["]"]
    let parts =
      ["// Generated from the shaders of this target.", "public import VulkanCompute"]
      + kernels.map(\.declaration) + [list.joined(separator: "\n")]
    return parts.joined(separator: "\n\n") + "\n"
  }
}
