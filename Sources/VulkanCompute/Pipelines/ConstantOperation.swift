/// Operations on constants of 32 bits, as SPIR-V defines them. Truth values are 0 and 1.
package enum ConstantOperation {
  /// The result; `nil` for an operation that is not here, and where the result is undefined.
  ///
  /// - Parameters:
  ///   - opcode: The operation's number in SPIR-V.
  ///   - operands: Bit patterns.
  package static func value(_ opcode: UInt32, _ operands: [UInt32]) -> UInt32? {
    switch operands.count {
    case 1: unary(opcode, operands[0])
    case 2:
      arithmetic(opcode, operands[0], operands[1]) ?? bits(opcode, operands[0], operands[1])
        ?? comparison(opcode, operands[0], operands[1]).map { $0 ? 1 : 0 }
    // OpSelect.
    case 3 where opcode == 169: operands[0] != 0 ? operands[1] : operands[2]
    default: nil
    }
  }

  private static func unary(_ opcode: UInt32, _ a: UInt32) -> UInt32? {
    switch opcode {
    // OpUConvert, OpSConvert, OpBitcast: between types of 32 bits.
    case 113, 114, 124: a
    // OpSNegate, OpLogicalNot, OpNot.
    case 126: 0 &- a
    case 168: a == 0 ? 1 : 0
    case 200: ~a
    default: nil
    }
  }

  private static func arithmetic(_ opcode: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32? {
    let (x, y) = (Int32(bitPattern: a), Int32(bitPattern: b))
    // Undefined: division by zero, and the only quotient that does not fit.
    let divides = y != 0 && !(x == .min && y == -1)
    switch opcode {
    // OpIAdd, OpISub, OpIMul.
    case 128: return a &+ b
    case 130: return a &- b
    case 132: return a &* b
    // OpUDiv, OpUMod.
    case 134: return b == 0 ? nil : a / b
    case 137: return b == 0 ? nil : a % b
    // OpSDiv, OpSRem, OpSMod: the remainder has the sign of x, the modulus that of y.
    case 135: return divides ? UInt32(bitPattern: x / y) : nil
    case 138: return divides ? UInt32(bitPattern: x % y) : nil
    case 139:
      guard divides else { return nil }
      let remainder = x % y
      let isAcross = remainder != 0 && (remainder < 0) != (y < 0)
      return UInt32(bitPattern: isAcross ? remainder + y : remainder)
    default: return nil
    }
  }

  private static func bits(_ opcode: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32? {
    switch opcode {
    // OpShiftRightLogical, OpShiftRightArithmetic, OpShiftLeftLogical: undefined from 32 on.
    case 194: b < 32 ? a >> b : nil
    case 195: b < 32 ? UInt32(bitPattern: Int32(bitPattern: a) >> Int32(b)) : nil
    case 196: b < 32 ? a << b : nil
    // OpBitwiseOr, OpBitwiseXor, OpBitwiseAnd.
    case 197: a | b
    case 198: a ^ b
    case 199: a & b
    default: nil
    }
  }

  private static func comparison(_ opcode: UInt32, _ a: UInt32, _ b: UInt32) -> Bool? {
    let (x, y) = (Int32(bitPattern: a), Int32(bitPattern: b))
    return switch opcode {
    // OpLogicalEqual, OpLogicalNotEqual, OpLogicalOr, OpLogicalAnd.
    case 164, 170: a == b
    case 165, 171: a != b
    case 166: a != 0 || b != 0
    case 167: a != 0 && b != 0
    // Each unsigned one, then the signed one: greater, greater or equal, less, less or equal.
    case 172: a > b
    case 173: x > y
    case 174: a >= b
    case 175: x >= y
    case 176: a < b
    case 177: x < y
    case 178: a <= b
    case 179: x <= y
    default: nil
    }
  }
}
