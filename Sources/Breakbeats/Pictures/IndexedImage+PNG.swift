import CZlib
import Tensors

extension IndexedImage {
  /// Writes a PNG file of 8-bit palette colours, whole or not at all.
  ///
  /// - Throws: `TensorError` when the file cannot be written.
  public func writePNG(to path: String, colors: ColorMap = .ember) throws {
    try AtomicFile.write(png(colors: colors), to: path)
  }

  /// The bytes of a PNG file.
  public func png(colors: ColorMap = .ember) throws -> [UInt8] {
    var file = ByteBuffer()
    file.append([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])

    var header = ByteBuffer()
    header.append(bigEndian: UInt32(width))
    header.append(bigEndian: UInt32(height))
    // 8 bits, palette, deflate, adaptive filters, not interlaced.
    header.append([8, 3, 0, 0, 0])
    file.append(chunk: "IHDR", header)

    var palette = ByteBuffer()
    for color in colors.colors { palette.append([color.x, color.y, color.z]) }
    file.append(chunk: "PLTE", palette)

    var rows: [UInt8] = []
    rows.reserveCapacity((width + 1) * height)
    for y in 0..<height {
      rows.append(0)  // shades of a palette compress best unfiltered
      rows += shades[y * width..<(y + 1) * width]
    }
    var data = ByteBuffer()
    data.append(try deflated(rows))
    file.append(chunk: "IDAT", data)
    file.append(chunk: "IEND", ByteBuffer())
    return file.bytes
  }
}

/// Bytes in zlib's format.
private func deflated(_ bytes: [UInt8]) throws -> [UInt8] {
  var count = compressBound(uLong(bytes.count))
  var result = [UInt8](repeating: 0, count: Int(count))
  let status = compress2(&result, &count, bytes, uLong(bytes.count), 9)
  guard status == Z_OK else {
    throw BreakbeatError(
      .cannotEncode, "zlib could not compress \(bytes.count) bytes (status \(status)); free memory")
  }
  return Array(result.prefix(Int(count)))
}

extension ByteBuffer {
  /// A PNG chunk: size, name, bytes, and the checksum of name and bytes.
  fileprivate mutating func append(chunk tag: StaticString, _ body: ByteBuffer) {
    append(bigEndian: UInt32(body.bytes.count))
    var checked = ByteBuffer()
    checked.append(tag: tag)
    checked.append(body.bytes)
    append(checked.bytes)
    append(bigEndian: UInt32(crc32(0, checked.bytes, uInt(checked.bytes.count))))
  }
}
