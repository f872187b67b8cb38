/// The parts of a SPIR-V module that describe its interface.
///
/// Numbers are those of the SPIR-V specification, section 3.
struct SPIRVModule {
  /// Types, by id.
  enum TypeDescription {
    case bool
    case integer(width: UInt32, isSigned: Bool)
    case float(width: UInt32)
    case structure(members: [UInt32])
    case array(of: UInt32)
    case pointer(to: UInt32)
    case other
  }

  /// A specialization constant with a number of its own.
  struct SpecializationConstant {
    var id: UInt32
    var type: UInt32
    /// Bit patterns of the default; one word for types up to 32 bits.
    var literal: [UInt32]
  }

  /// A global variable.
  struct Variable {
    var id: UInt32
    /// Id of the pointer type.
    var type: UInt32
    var storage: UInt32
  }

  /// What a decoration applies to.
  struct Target: Hashable {
    var id: UInt32
    /// Member of a struct.
    var member: UInt32?
  }

  private(set) var names: [Target: String] = [:]
  private(set) var decorations: [Target: [Decoration: UInt32]] = [:]
  private(set) var types: [UInt32: TypeDescription] = [:]
  private(set) var specializationConstants: [SpecializationConstant] = []
  private(set) var variables: [Variable] = []
  /// Members of composite specialization constants, such as the workgroup size.
  private(set) var composites: [UInt32: [UInt32]] = [:]

  enum Decoration: UInt32 {
    case specializationID = 1
    case builtIn = 11
    case nonWritable = 24
    case nonReadable = 25
    case binding = 33
    case descriptorSet = 34
    case offset = 35
  }

  /// Storage classes.
  enum Storage {
    static let uniformConstant: UInt32 = 0
    static let uniform: UInt32 = 2
    static let pushConstant: UInt32 = 9
    static let storageBuffer: UInt32 = 12
  }

  init(words: [UInt32]) {
    var position = 5
    while position < words.count {
      let count = Int(words[position] >> 16)
      guard count > 0, position + count <= words.count else { return }
      read(opcode: words[position] & 0xFFFF, words[(position + 1)..<(position + count)])
      position += count
    }
  }

  private mutating func read(opcode: UInt32, _ slice: ArraySlice<UInt32>) {
    let words = Array(slice)
    switch opcode {
    case 5: names[Target(id: words[0])] = text(words[1...])
    case 6: names[Target(id: words[0], member: words[1])] = text(words[2...])
    case 20: types[words[0]] = .bool
    case 21: types[words[0]] = .integer(width: words[1], isSigned: words[2] == 1)
    case 22: types[words[0]] = .float(width: words[1])
    case 28, 29: types[words[0]] = .array(of: words[1])
    case 30: types[words[0]] = .structure(members: Array(words[1...]))
    case 32: types[words[0]] = .pointer(to: words[2])
    case 48, 49:
      specializationConstants.append(
        SpecializationConstant(id: words[1], type: words[0], literal: [opcode == 48 ? 1 : 0]))
    case 50:
      specializationConstants.append(
        SpecializationConstant(id: words[1], type: words[0], literal: Array(words[2...])))
    case 51: composites[words[1]] = Array(words[2...])
    case 59: variables.append(Variable(id: words[1], type: words[0], storage: words[2]))
    case 71: decorate(Target(id: words[0]), words[1...])
    case 72: decorate(Target(id: words[0], member: words[1]), words[2...])
    default: break
    }
  }

  private mutating func decorate(_ target: Target, _ words: ArraySlice<UInt32>) {
    guard let code = words.first, let decoration = Decoration(rawValue: code) else { return }
    decorations[target, default: [:]][decoration] = words.dropFirst().first ?? 0
  }

  /// Characters in little-endian words up to a zero byte.
  private func text(_ words: ArraySlice<UInt32>) -> String {
    let bytes = words.lazy.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
