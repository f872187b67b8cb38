#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One compiled variant of a shader, ready to be written as Swift.
struct GeneratedKernel {
  /// File name without extension, and the variant after a hyphen.
  var name: String
  /// `ConvolutionForwardHalfKernel`.
  var typeName: String
  /// The shader's opening comment.
  var documentation: [String]
  var interface: ShaderInterface
  var code: [UInt32]

  /// The declaration of the kernel's type.
  var declaration: String {
    var lines = ["/// The shader `\(name)`."]
    if !documentation.isEmpty {
      lines += ["///"] + documentation.map { $0.isEmpty ? "///" : "/// \($0)" }
    }
    lines += ["public enum \(typeName): ComputeKernel {"]
    lines += buffers + constants + specialization + kernel
    return (lines + ["}"]).joined(separator: "\n")
  }

  private var buffers: [String] {
    let fields = interface.bindings.map {
      Field(
        name: $0.name.lowerCamelCase, type: "BufferRange",
        documentation: "Binding \($0.index), \($0.accessInWords).")
    }
    let list = fields.map(\.name).joined(separator: ", ")
    return structure(
      "Buffers: KernelBuffers", "The buffers.", fields,
      [
        "    /// The ranges ordered by binding number.",
        "    public var inBindingOrder: [BufferRange] { [\(list)] }",
      ])
  }

  private var constants: [String] {
    guard !interface.constants.isEmpty else {
      return ["  /// No push constants.", "  public typealias Constants = NoConstants"]
    }
    let fields = interface.constants.map {
      Field(
        name: $0.name.lowerCamelCase, type: $0.type == .bool ? "UInt32" : $0.type.rawValue,
        documentation: "The push constant at byte \($0.offset).")
    }
    return structure(
      "Constants: BitwiseCopyable, Sendable", "The push constants, laid out as in the shader.",
      fields, [])
  }

  private var specialization: [String] {
    guard !interface.specializations.isEmpty else {
      return [
        "  /// No specialization constants.",
        "  public typealias Specialization = NoSpecialization",
      ]
    }
    let fields = interface.specializations.map {
      Field(
        name: $0.name.lowerCamelCase, type: $0.type.rawValue, defaultValue: $0.defaultText,
        documentation: "Specialization constant \($0.id); \($0.defaultText) in the shader.")
    }
    let words = interface.specializations.map { $0.type.word(of: $0.name.lowerCamelCase) }
    return structure(
      "Specialization: KernelSpecialization",
      "The specialization constants, with the shader's defaults.", fields,
      [
        "    /// Bit patterns ordered by constant number.",
        "    public var words: [UInt32] { [\(words.joined(separator: ", "))] }",
      ])
  }

  private var kernel: [String] {
    let bytes = code.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    let ids = interface.specializations.map { String($0.id) }.joined(separator: ", ")
    return [
      "  /// Code and reflection.",
      "  public static let kernel = Kernel(",
      "    name: \"\(name)\",",
      "    bindings: [",
    ]
      + interface.bindings.map {
        "      Kernel.Binding(index: \($0.index), name: \"\($0.name)\", access: .\($0.access)),"
      } + [
        "    ],",
        "    pushConstantByteCount: \(interface.constants.count * 4),",
        "    specializationIDs: [\(ids)],",
        "    code: \"\(Data(bytes).base64EncodedString())\")",
      ]
  }

  /// A nested struct with an initializer for all of its fields.
  private func structure(
    _ head: String, _ summary: String, _ fields: [Field], _ rest: [String]
  ) -> [String] {
    let parameters = fields.map(\.parameter).joined(separator: ", ")
    let assignments = fields.map { "      self.\($0.name) = \($0.name)" }
    return ["  /// \(summary)", "  public struct \(head) {"] + fields.flatMap(\.declaration)
      + ["    /// Names every value.", "    public init(\(parameters)) {"] + assignments
      + ["    }"] + rest + ["  }"]
  }
}

/// A stored property of a generated struct.
private struct Field {
  var name: String
  var type: String
  var defaultValue: String?
  var documentation: String

  var declaration: [String] { ["    /// \(documentation)", "    public var \(name): \(type)"] }
  var parameter: String { "\(name): \(type)" + (defaultValue.map { " = \($0)" } ?? "") }
}

extension ShaderInterface.Binding {
  fileprivate var access: String {
    kind == .uniform ? "uniform" : reads && writes ? "readWrite" : writes ? "write" : "read"
  }

  fileprivate var accessInWords: String {
    if kind == .uniform { return "read as a uniform block" }
    return reads && writes ? "read and written" : writes ? "written" : "read"
  }
}

extension ShaderInterface.Specialization {
  /// The default as a Swift expression.
  fileprivate var defaultText: String {
    switch type {
    case .unsigned: return String(defaultValue)
    case .signed: return String(Int32(bitPattern: defaultValue))
    case .bool: return defaultValue == 0 ? "false" : "true"
    case .float:
      let value = Float(bitPattern: defaultValue)
      return value.isFinite ? String(value) : "Float(bitPattern: \(defaultValue))"
    }
  }
}

extension ShaderInterface.Scalar {
  /// The expression for a value's bit pattern.
  fileprivate func word(of name: String) -> String {
    switch self {
    case .unsigned: name
    case .signed: "UInt32(bitPattern: \(name))"
    case .float: "\(name).bitPattern"
    case .bool: "\(name) ? 1 : 0"
    }
  }
}
