/// Forbids drivers to compute sums and products otherwise than one by one, each rounded.
///
/// Without it `a * b + c` may be rounded once or twice, and sums may be taken in another order, as the
/// compiler of each driver sees fit. With it, addition, subtraction and multiplication in single
/// precision give the same bits on every device that rounds to the nearest number, as all known ones do:
/// Vulkan requires them to be correctly rounded. Subnormal numbers, which devices may flush, signs of zeros,
/// division, roots and other functions remain the device's own.
///
/// Source: the SPIR-V specification 1.5, section 3.20 "Decoration", and the Vulkan specification,
/// "Precision and Operation of SPIR-V Instructions".
package enum NoContraction {
  /// The module with every arithmetic instruction on floating-point numbers decorated.
  package static func decorating(_ words: [UInt32]) -> [UInt32] {
    var decorated: Set<UInt32> = []
    var results: [UInt32] = []
    // Annotations end where types begin.
    var firstType: Int?
    var index = 5
    while index < words.count {
      let (opcode, length) = (words[index] & 0xFFFF, Int(words[index] >> 16))
      guard length > 0, index + length <= words.count else { return words }
      switch opcode {
      case Opcode.decorate where length == 3 && words[index + 2] == Opcode.noContraction:
        decorated.insert(words[index + 1])
      case Opcode.types: firstType = firstType ?? index
      case let opcode where Opcode.arithmetic.contains(opcode) && length > 2:
        results.append(words[index + 2])
      default: break
      }
      index += length
    }
    guard let firstType else { return words }
    let decorations = results.filter { !decorated.contains($0) }
      .flatMap { [3 << 16 | Opcode.decorate, $0, Opcode.noContraction] }
    return words[..<firstType] + decorations + words[firstType...]
  }

  /// Numbers from the SPIR-V specification.
  private enum Opcode {
    static let decorate: UInt32 = 71, noContraction: UInt32 = 42
    /// OpTypeVoid to OpTypeFunction.
    static let types: ClosedRange<UInt32> = 19...33
    /// OpFNegate, OpFAdd, OpFSub, OpFMul, OpFDiv, OpFRem, OpFMod; then products with vectors and
    /// matrices, OpVectorTimesScalar to OpDot.
    static let arithmetic: Set<UInt32> = Set([127, 129, 131, 133, 136, 140, 141] + (142...148))
  }
}
