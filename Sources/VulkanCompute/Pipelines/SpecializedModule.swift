/// A kernel's SPIR-V with numbers where it had specialization constants.
///
/// Drivers could put the numbers in themselves. Some do so only after they have inlined every
/// function: a chain of a few operations then takes seconds of optimization, because the code holds
/// sixteen copies of all operations until the very end. Given numbers, and comparisons of numbers
/// already decided, they cut off what is never reached before they begin.
///
/// Source: the SPIR-V specification 1.5, sections 2.9 "Specialization" and 3.32.7.
package struct SpecializedModule {
  /// The module.
  package private(set) var words: [UInt32] = []
  private let numbers: [UInt32: UInt32]
  /// Numbers of specialization constants, by result.
  private var constantIDs: [UInt32: UInt32] = [:]
  private var bools: Set<UInt32> = []
  /// Types of numbers with 32 bits.
  private var singles: Set<UInt32> = []
  private var values: [UInt32: UInt32] = [:]
  private var constituents: [UInt32: [UInt32]] = [:]

  /// Puts numbers in; constants that have none keep what the shader says. Instructions that it does
  /// not understand stay as they are.
  ///
  /// - Parameters:
  ///   - words: A module, as `glslang` writes it.
  ///   - numbers: Bit patterns by the numbers of specialization constants.
  ///   - unrollsLoops: Whether the shader's hints to unroll loops are passed on.
  package init(_ words: [UInt32], numbers: [UInt32: UInt32], unrollsLoops: Bool = true) {
    self.numbers = numbers
    self.words.reserveCapacity(words.count)
    var index = min(5, words.count)
    self.words += words[..<index]
    while index < words.count {
      let (opcode, length) = (words[index] & 0xFFFF, Int(words[index] >> 16))
      // Constants come before functions.
      guard length > 0, index + length <= words.count, opcode != Opcode.function else { break }
      rewrite(opcode, words[index..<index + length])
      index += length
    }
    let functions = self.words.count
    self.words += words[index...]
    if !unrollsLoops { forbidUnrolling(from: functions) }
  }

  private mutating func forbidUnrolling(from start: Int) {
    var index = start
    while index < words.count {
      let (opcode, length) = (words[index] & 0xFFFF, Int(words[index] >> 16))
      guard length > 0, index + length <= words.count else { return }
      if opcode == Opcode.loopMerge, length == 4, words[index + 3] == Opcode.unroll {
        words[index + 3] = Opcode.dontUnroll
      }
      index += length
    }
  }

  private mutating func rewrite(_ opcode: UInt32, _ instruction: ArraySlice<UInt32>) {
    let operands = Array(instruction.dropFirst())
    switch (opcode, operands.count) {
    case (Opcode.decorate, 3...) where operands[1] == Opcode.specID:
      constantIDs[operands[0]] = operands[2]
      return
    case (Opcode.typeBool, 1...): bools.insert(operands[0])
    case (Opcode.typeInt, 2...) where operands[1] == 32,
      (Opcode.typeFloat, 2...) where operands[1] == 32:
      singles.insert(operands[0])
    case (Opcode.constantTrue, 2): values[operands[1]] = 1
    case (Opcode.constantFalse, 2): values[operands[1]] = 0
    case (Opcode.constant, 3): values[operands[1]] = operands[2]
    case (Opcode.constantComposite, 2...):
      constituents[operands[1]] = Array(operands[2...])
    case (Opcode.specTrue, 2):
      return write(number(of: operands[1]) ?? 1, as: operands)
    case (Opcode.specFalse, 2):
      return write(number(of: operands[1]) ?? 0, as: operands)
    case (Opcode.specConstant, 3):
      return write(number(of: operands[1]) ?? operands[2], as: operands)
    case (Opcode.specComposite, 2...):
      constituents[operands[1]] = Array(operands[2...])
      return write(Opcode.constantComposite, operands)
    case (Opcode.specOperation, 4...):
      if bools.contains(operands[0]) || singles.contains(operands[0]),
        let value = value(of: operands[2], Array(operands[3...]))
      {
        return write(value, as: operands)
      }
    default: break
    }
    words += instruction
  }

  private func number(of result: UInt32) -> UInt32? {
    constantIDs[result].flatMap { numbers[$0] }
  }

  private func value(of operation: UInt32, _ operands: [UInt32]) -> UInt32? {
    if operation == Opcode.compositeExtract, operands.count == 2 {
      guard let parts = constituents[operands[0]], operands[1] < parts.count else { return nil }
      return values[parts[Int(operands[1])]]
    }
    var known: [UInt32] = []
    for operand in operands {
      guard let value = values[operand] else { return nil }
      known.append(value)
    }
    return ConstantOperation.value(operation, known)
  }

  /// Writes a constant; its type and result are the first two operands.
  private mutating func write(_ value: UInt32, as operands: [UInt32]) {
    values[operands[1]] = value
    if bools.contains(operands[0]) {
      let opcode = value == 0 ? Opcode.constantFalse : Opcode.constantTrue
      write(opcode, Array(operands[..<2]))
    } else {
      write(Opcode.constant, [operands[0], operands[1], value])
    }
  }

  private mutating func write(_ opcode: UInt32, _ operands: [UInt32]) {
    words.append(UInt32(operands.count + 1) << 16 | opcode)
    words += operands
  }

  /// Numbers from the SPIR-V specification.
  private enum Opcode {
    static let typeBool: UInt32 = 20, typeInt: UInt32 = 21, typeFloat: UInt32 = 22
    static let constantTrue: UInt32 = 41, constantFalse: UInt32 = 42, constant: UInt32 = 43
    static let constantComposite: UInt32 = 44, specTrue: UInt32 = 48, specFalse: UInt32 = 49
    static let specConstant: UInt32 = 50, specComposite: UInt32 = 51, specOperation: UInt32 = 52
    static let function: UInt32 = 54, decorate: UInt32 = 71, compositeExtract: UInt32 = 81
    static let loopMerge: UInt32 = 246
    static let specID: UInt32 = 1, unroll: UInt32 = 1, dontUnroll: UInt32 = 2
  }
}
