/// Bytes of a file under construction.
struct ByteBuffer {
  private(set) var bytes: [UInt8] = []

  /// Four ASCII characters that name a chunk.
  mutating func append(tag: StaticString) {
    precondition(tag.utf8CodeUnitCount == 4, "\(tag): chunk names have four characters")
    tag.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

  /// A number as it lies in WAV files.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A number as it lies in PNG files.
  mutating func append(bigEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
