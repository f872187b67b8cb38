/// A message in the encoding of protocol buffers, written field by field.
///
/// Source: https://protobuf.dev/programming-guides/encoding
struct ProtocolBuffer {
  /// The bytes so far.
  private(set) var bytes: [UInt8] = []

  /// A whole number.
  mutating func add(_ field: Int, _ value: Int) {
    key(field, wireType: 0)
    variable(UInt64(bitPattern: Int64(value)))
  }

  /// A `double`.
  mutating func add(_ field: Int, double value: Double) {
    key(field, wireType: 1)
    append(value.bitPattern)
  }

  /// A `float`.
  mutating func add(_ field: Int, float value: Float) {
    key(field, wireType: 5)
    append(value.bitPattern)
  }

  /// Bytes.
  mutating func add(_ field: Int, _ value: [UInt8]) {
    key(field, wireType: 2)
    variable(UInt64(value.count))
    bytes += value
  }

  /// Text.
  mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

  /// A message.
  mutating func add(_ field: Int, _ build: (inout ProtocolBuffer) -> Void) {
    var message = ProtocolBuffer()
    build(&message)
    add(field, message.bytes)
  }

  private mutating func key(_ field: Int, wireType: Int) { variable(UInt64(field << 3 | wireType)) }

  private mutating func variable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
