/// Bytes that the invocations of a workgroup share, read from SPIR-V without specialization
/// constants. Drivers need not check it: some crash, some compute nonsense.
struct SharedMemory {
  private var sizes: [UInt32: Int] = [:]
  private var pointees: [UInt32: UInt32] = [:]
  /// The bytes of all variables in workgroup storage.
  private(set) var byteCount = 0

  /// Goes on with one instruction.
  ///
  /// - Parameters:
  ///   - constants: Values of the integer constants so far.
  mutating func read(_ opcode: UInt32, _ operands: [UInt32], constants: [UInt32: UInt32]) {
    switch (opcode, operands.count) {
    case (Opcode.bool, 1...): sizes[operands[0]] = 4
    case (Opcode.int, 2...), (Opcode.float, 2...): sizes[operands[0]] = Int(operands[1]) / 8
    case (Opcode.vector, 3...), (Opcode.matrix, 3...):
      sizes[operands[0]] = (sizes[operands[1]] ?? 0) * Int(operands[2])
    case (Opcode.array, 3...):
      sizes[operands[0]] = (sizes[operands[1]] ?? 0) * Int(constants[operands[2]] ?? 0)
    case (Opcode.structure, 1...):
      sizes[operands[0]] = operands.dropFirst().reduce(0) { $0 + (sizes[$1] ?? 0) }
    case (Opcode.pointer, 3...): pointees[operands[0]] = operands[2]
    case (Opcode.variable, 3...) where operands[2] == Opcode.workgroupStorage:
      byteCount += pointees[operands[0]].flatMap { sizes[$0] } ?? 0
    default: break
    }
  }

  /// Numbers from the SPIR-V specification.
  private enum Opcode {
    static let bool: UInt32 = 20, int: UInt32 = 21, float: UInt32 = 22, vector: UInt32 = 23
    static let matrix: UInt32 = 24, array: UInt32 = 28, structure: UInt32 = 30
    static let pointer: UInt32 = 32, variable: UInt32 = 59, workgroupStorage: UInt32 = 4
  }
}
