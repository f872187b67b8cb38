#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads the fixed parts of a data set file and trusts none of them.
struct DatasetReader: Sendable {
  let path: String
  let file: MappedFile
  private(set) var prefix = DatasetPrefix()

  init(path: String) throws(TrainingDataError) {
    self.path = path
    file = try MappedFile(path)
  }

  private var bytes: UnsafeRawBufferPointer { file.bytes }

  /// The header, checked against the file's length and against itself.
  mutating func read() throws(TrainingDataError) -> (header: DatasetHeader, json: [UInt8]) {
    guard bytes.count >= DatasetFormat.prefixLength,
      bytes[0..<8].elementsEqual(DatasetFormat.magic)
    else {
      let known = bytes.prefix(5).elementsEqual(DatasetFormat.magic.prefix(5))
      throw known
        ? damaged("its first bytes are changed or missing")
        : TrainingDataError(
          .damagedDataset, "\(path): not a VAmEn data set",
          remedy: "give a file made by vamen prepare")
    }
    let version: UInt32 = number(at: 8)
    guard version <= DatasetFormat.version else {
      throw TrainingDataError(
        .newerFormat, "\(path): data set format \(version), this program reads up to 1",
        remedy: "use a newer VAmEn")
    }
    guard version == DatasetFormat.version else { throw damaged("its version is 0") }
    prefix.headerLength = Int(number(at: 12) as UInt32)
    prefix.pixelOffset = Int(clamping: number(at: 16) as UInt64)
    prefix.tableOffset = Int(clamping: number(at: 24) as UInt64)
    prefix.textOffset = Int(clamping: number(at: 32) as UInt64)
    prefix.fileLength = Int(clamping: number(at: 40) as UInt64)
    prefix.checksum = number(at: 48)
    guard prefix.fileLength == bytes.count else {
      throw damaged("it has \(bytes.count) bytes, its header says \(prefix.fileLength)")
    }
    guard prefix.headerLength <= bytes.count - DatasetFormat.prefixLength,
      prefix.headerLength <= 64 << 20
    else { throw damaged("a header of \(prefix.headerLength) bytes") }
    let json = Array(bytes[DatasetFormat.prefixLength..<64 + prefix.headerLength])
    let header = try decode(json)
    try check(header, json)
    return (header, json)
  }

  private func decode(_ json: [UInt8]) throws(TrainingDataError) -> DatasetHeader {
    guard Self.nesting(json) <= 16 else { throw damaged("its header is nested too deeply") }
    do {
      return try JSONDecoder().decode(DatasetHeader.self, from: Data(json))
    } catch {
      throw damaged("its header cannot be read")
    }
  }

  private func check(_ header: DatasetHeader, _ json: [UInt8]) throws(TrainingDataError) {
    do throws(TrainingDataError) {
      try header.settings.checked()
      try header.recipe.validate()
    } catch {
      throw damaged(error.message)
    }
    let count = header.count
    guard (1...DatasetFormat.maximumItemCount).contains(count),
      (0...count).contains(header.heldOutCount), !header.sources.isEmpty,
      header.sources.allSatisfy(\.tempo.isPlausible)
    else {
      throw damaged(
        "\(count) items, \(header.heldOutCount) held out, \(header.sources.count) sources")
    }
    let stride = header.pixelStride
    guard stride == DatasetFormat.pixelStride(header.settings) else {
      throw damaged("pictures \(stride) bytes apart")
    }
    // All factors are below 2^32, so nothing here overflows.
    let pixels = count * stride
    let table = count * DatasetFormat.tableEntryLength
    guard prefix.pixelOffset >= 64 + prefix.headerLength, prefix.pixelOffset % 4096 == 0,
      prefix.pixelOffset <= bytes.count, pixels <= bytes.count - prefix.pixelOffset,
      prefix.tableOffset == prefix.pixelOffset + pixels,
      table <= bytes.count - prefix.tableOffset,
      prefix.textOffset == prefix.tableOffset + table, prefix.textOffset <= bytes.count
    else { throw damaged("its parts do not fit its length of \(bytes.count) bytes") }
    let tail = bytes[prefix.tableOffset..<prefix.textOffset]
    let texts = bytes[prefix.textOffset...]
    guard DatasetFormat.checksum(json, Array(tail), Array(texts)) == prefix.checksum else {
      throw damaged("its checksum is wrong")
    }
    let textLength = bytes.count - prefix.textOffset
    for index in 0..<count {
      let entry = self.entry(index)
      guard entry.source < header.sources.count, entry.textOffset <= textLength,
        entry.textLength <= textLength - entry.textOffset
      else { throw damaged("item \(index) points outside of it") }
    }
  }

  /// One row of the item table.
  func entry(_ index: Int) -> (source: Int, isHeldOut: Bool, textOffset: Int, textLength: Int) {
    let at = prefix.tableOffset + index * DatasetFormat.tableEntryLength
    return (
      Int(number(at: at) as UInt32),
      (number(at: at + 4) as UInt32) & DatasetFormat.heldOutFlag != 0,
      Int(number(at: at + 8) as UInt32), Int(number(at: at + 12) as UInt32)
    )
  }

  private func number<Value: FixedWidthInteger>(at offset: Int) -> Value {
    Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  private func damaged(_ what: String) -> TrainingDataError {
    TrainingDataError(
      .damagedDataset, "\(path): the data set is damaged: \(what)",
      remedy: "copy it again, or make it again with vamen prepare")
  }

  /// How deeply objects and arrays are nested.
  private static func nesting(_ json: [UInt8]) -> Int {
    var depth = 0
    var deepest = 0
    var isText = false
    var isEscaped = false
    for byte in json {
      if isEscaped {
        isEscaped = false
      } else if isText {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == UInt8(ascii: "\"") { isText = false }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isText = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        deepest = max(deepest, depth)
      }
    }
    return deepest
  }
}

extension DatasetFormat {
  /// The first 64 bits of the SHA-256 of header, table and texts.
  static func checksum(_ json: [UInt8], _ table: [UInt8], _ texts: [UInt8]) -> UInt64 {
    var digest = SHA256()
    digest.update(json)
    digest.update(table)
    digest.update(texts)
    return UInt64(digest.finish().prefix(16), radix: 16) ?? 0
  }
}
