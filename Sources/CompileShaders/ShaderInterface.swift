/// What a host needs to know to run a shader.
struct ShaderInterface {
  /// A 32-bit type that host and shader share.
  enum Scalar: String {
    case unsigned = "UInt32"
    case signed = "Int32"
    case float = "Float"
    case bool = "Bool"
  }

  /// A buffer.
  struct Binding {
    /// What the shader takes it for.
    enum Kind { case storage, uniform }

    var index: UInt32
    var name: String
    var kind: Kind
    var reads: Bool
    var writes: Bool
  }

  /// A push constant.
  struct Constant {
    var name: String
    var type: Scalar
    var offset: UInt32
  }

  /// A specialization constant.
  struct Specialization {
    var id: UInt32
    var name: String
    var type: Scalar
    /// Bit pattern.
    var defaultValue: UInt32
  }

  var bindings: [Binding]
  var constants: [Constant]
  var specializations: [Specialization]

  /// Reads the interface of a module that still has its names.
  ///
  /// - Throws: ``ShaderError`` at line 1 of `path` for an interface that ``Kernel`` cannot
  ///   express.
  init(_ module: SPIRVModule, path: String) throws {
    let reader = InterfaceReader(module: module, path: path)
    bindings = try reader.bindings()
    constants = try reader.constants()
    specializations = try reader.specializations()
  }
}
