import SpectralAudio

/// The bytes of a `.vamen` file, little-endian:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `VAMEN`, carriage return, line feed, 0x1A |
/// | 8 | 4 | format version, 2 |
/// | 12 | 4 | length of the JSON header |
/// | 16 | 8 | offset of the pictures, a multiple of 4,096 |
/// | 24 | 8 | offset of the item table, 24 bytes an item: see ``DatasetEntry`` |
/// | 32 | 8 | offset of the texts |
/// | 40 | 8 | length of the file |
/// | 48 | 8 | first 64 bits of the SHA-256 of header, table and texts |
/// | 56 | 8 | 0 |
/// | 64 | … | JSON header |
///
/// Pictures are 8-bit, row-major `[bands, frames]`, lowest band first, `pixelStride` bytes apart.
enum DatasetFormat {
  static let magic: [UInt8] = Array("VAMEN".utf8) + [0x0D, 0x0A, 0x1A]
  static let version: UInt32 = 2
  static let prefixLength = 64
  static let maximumItemCount = 1 << 31

  /// The distance of two pictures: a multiple of 256 bytes, fit for direct upload.
  static func pixelStride(_ settings: SpectrogramSettings) -> Int {
    (settings.pixelCount + 255) / 256 * 256
  }

  /// The first 64 bits of the SHA-256 of header, table and texts.
  static func checksum(_ json: [UInt8], _ table: [UInt8], _ texts: [UInt8]) -> UInt64 {
    var digest = SHA256()
    digest.update(json)
    digest.update(table)
    digest.update(texts)
    return UInt64(digest.finish().prefix(16), radix: 16) ?? 0
  }
}

/// The fixed part at the start of the file.
struct DatasetPrefix: Equatable {
  var headerLength = 0
  var pixelOffset = 0
  var tableOffset = 0
  var textOffset = 0
  var fileLength = 0
  var checksum: UInt64 = 0

  /// The 64 bytes.
  var bytes: [UInt8] {
    var bytes = DatasetFormat.magic
    bytes.append(DatasetFormat.version)
    bytes.append(UInt32(headerLength))
    for value in [pixelOffset, tableOffset, textOffset, fileLength] { bytes.append(UInt64(value)) }
    bytes.append(checksum)
    bytes.append(UInt64(0))
    return bytes
  }
}

/// A row of the item table: source, flags, text offset (64-bit), text length, CRC-32 of the picture.
struct DatasetEntry: Equatable {
  static let length = 24
  /// Kept out of training.
  static let heldOutFlag: UInt32 = 1
  /// The picture is there and the checksum is its own; set in every row of a whole file.
  static let completeFlag: UInt32 = 2

  var source = 0
  var isHeldOut = false
  var isComplete = false
  var textOffset = 0
  var textLength = 0
  var checksum: UInt32 = 0

  /// A row with its values.
  init(source: Int, isHeldOut: Bool, checksum: UInt32) {
    self.source = source
    self.isHeldOut = isHeldOut
    self.checksum = checksum
    isComplete = true
  }

  /// The row at an offset.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    func number<Value: FixedWidthInteger>(_ position: Int) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + position, as: Value.self))
    }
    source = Int(number(0) as UInt32)
    let flags: UInt32 = number(4)
    isHeldOut = flags & Self.heldOutFlag != 0
    isComplete = flags & Self.completeFlag != 0
    textOffset = Int(clamping: number(8) as UInt64)
    textLength = Int(number(16) as UInt32)
    checksum = number(20)
  }

  /// The row's bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(UInt32(source))
    bytes.append((isHeldOut ? Self.heldOutFlag : 0) | (isComplete ? Self.completeFlag : 0))
    bytes.append(UInt64(textOffset))
    bytes.append(UInt32(textLength))
    bytes.append(checksum)
    return bytes
  }
}

extension [UInt8] {
  /// Appends a number, lowest byte first.
  mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
