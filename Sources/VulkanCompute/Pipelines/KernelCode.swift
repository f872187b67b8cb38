extension Kernel {
  /// The SPIR-V words.
  ///
  /// - Throws: ``VulkanError`` of code `badKernel` where the embedded text is not SPIR-V in base64.
  func words() throws -> [UInt32] {
    let text = UnsafeBufferPointer(start: code.utf8Start, count: code.utf8CodeUnitCount)
    guard let words = decodeBase64Words(text), words.first == 0x0723_0203 else {
      throw VulkanError(
        .badKernel, "kernel \(name): its embedded code is not SPIR-V",
        remedy: "build the package again")
    }
    return words
  }
}

extension Kernel {
  /// The bit patterns that its specialization constants have unless told otherwise, ordered as
  /// ``specializationIDs``.
  package func defaultSpecialization() throws -> [UInt32] {
    let words = try words()
    var ids: [UInt32: UInt32] = [:]
    var values: [UInt32: UInt32] = [:]
    var index = 5
    while index < words.count {
      let (operation, length) = (words[index] & 0xFFFF, Int(words[index] >> 16))
      guard length > 0, index + length <= words.count else { break }
      switch (operation, length) {
      // OpDecorate with SpecId.
      case (71, 4...) where words[index + 2] == 1: ids[words[index + 1]] = words[index + 3]
      // OpSpecConstantTrue, OpSpecConstantFalse, OpSpecConstant.
      case (48, 3...): values[words[index + 2]] = 1
      case (49, 3...): values[words[index + 2]] = 0
      case (50, 4...): values[words[index + 2]] = words[index + 3]
      default: break
      }
      index += length
    }
    // A workgroup's size has a constant of its own, 1, beside the one that the shader declares.
    let byID = Dictionary(
      ids.compactMap { result, id in values[result].map { (id, $0) } }, uniquingKeysWith: max)
    return specializationIDs.map { byID[$0] ?? 0 }
  }
}

/// Little-endian 32-bit words from base64 text; nil where the text is neither.
private func decodeBase64Words(_ text: UnsafeBufferPointer<UInt8>) -> [UInt32]? {
  let padding = text.suffix(2).reduce(0) { $0 + ($1 == UInt8(ascii: "=") ? 1 : 0) }
  let byteCount = text.count / 4 * 3 - padding
  guard text.count % 4 == 0, byteCount > 0, byteCount % 4 == 0 else { return nil }
  var words = [UInt32](repeating: 0, count: byteCount / 4)
  var invalid = false
  words.withUnsafeMutableBytes { bytes in
    base64Values.withUnsafeBufferPointer { values in
      var byte = 0
      for start in stride(from: 0, to: text.count, by: 4) {
        var group: UInt32 = 0
        for index in 0..<4 {
          let isPadding = start + index >= text.count - padding
          let value = isPadding ? 0 : values[Int(text[start + index])]
          invalid = invalid || value > 63
          group = group << 6 | UInt32(value & 63)
        }
        for index in 0..<3 where byte + index < byteCount {
          bytes[byte + index] = UInt8(truncatingIfNeeded: group >> (16 - index * 8))
        }
        byte += 3
      }
    }
  }
  return invalid ? nil : words.map(UInt32.init(littleEndian:))
}

/// The value of each base64 character, 255 for others.
private let base64Values: [UInt8] = {
  var values = [UInt8](repeating: 255, count: 256)
  let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
  return values
}()
