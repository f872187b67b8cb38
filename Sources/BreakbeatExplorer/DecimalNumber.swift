/// Numbers as people and the page write them.
///
/// Swift's own initializers also read signs before whole numbers, hexadecimal digits, `nan` and
/// `inf`.
enum DecimalNumber {
  /// A number of digits only; `nil` for anything else and beyond the type's range.
  static func whole<Number: FixedWidthInteger>(
    _ text: some StringProtocol, as type: Number.Type
  ) -> Number? {
    guard isDigits(text.utf8) else { return nil }
    return Number(text)
  }

  /// A number such as `2`, `-0.5` or, as JavaScript writes small ones, `1e-7`; `nil` for anything
  /// else.
  static func real(_ text: some StringProtocol) -> Double? {
    var digits = Substring(text)
    if let end = digits.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      var power = digits[digits.index(after: end)...]
      if let sign = power.first, sign == "-" || sign == "+" { power.removeFirst() }
      guard isDigits(power.utf8) else { return nil }
      digits = digits[..<end]
    }
    if digits.first == "-" { digits.removeFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ isDigits($0.utf8) }) else { return nil }
    return Double(text)
  }

  private static func isDigits(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { (0x30...0x39).contains($0) }
  }
}
