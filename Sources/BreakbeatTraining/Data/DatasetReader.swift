#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
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
        .newerFormat,
        "\(path): data set format \(version), this program reads \(DatasetFormat.version)",
        remedy: "use a newer VAmEn")
    }
    guard version == DatasetFormat.version else {
      throw TrainingDataError(
        .damagedDataset, "\(path): data set format \(version) of an early version",
        remedy: "make it again with vamen prepare")
    }
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
    guard jsonNesting(json) <= 16 else { throw damaged("its header is nested too deeply") }
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
      header.revision >= 1, header.sources.allSatisfy(\.tempo.isPlausible)
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
    let table = count * DatasetEntry.length
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
    var heldOut = 0
    for index in 0..<count {
      let entry = self.entry(index)
      guard entry.source < header.sources.count, entry.textOffset <= textLength,
        entry.textLength <= textLength - entry.textOffset, entry.isComplete
      else { throw damaged("item \(index) points outside of it") }
      if entry.isHeldOut { heldOut += 1 }
    }
    guard heldOut == header.heldOutCount else {
      throw damaged("\(heldOut) items are held out, its header says \(header.heldOutCount)")
    }
  }

  /// One row of the item table.
  func entry(_ index: Int) -> DatasetEntry {
    DatasetEntry(bytes, at: prefix.tableOffset + index * DatasetEntry.length)
  }

  /// The header of an unfinished data set, if there is one that can be read.
  static func unfinishedHeader(_ path: String) -> DatasetHeader? {
    guard (try? FileStatus(of: path))?.isRegularFile == true, let file = fopen(path, "rb") else {
      return nil
    }
    defer { fclose(file) }
    guard fseek(file, DatasetFormat.prefixLength, SEEK_SET) == 0 else { return nil }
    // The prefix is written last; the header ends where the zeros before the pictures begin.
    var json: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while json.count <= 64 << 20 {
      let count = fread(&piece, 1, piece.count, file)
      let text = piece[..<count].prefix { $0 != 0 }
      json += text
      if text.count < piece.count { break }
    }
    guard jsonNesting(json) <= 16 else { return nil }
    return try? JSONDecoder().decode(DatasetHeader.self, from: Data(json))
  }

  private func number<Value: FixedWidthInteger>(at offset: Int) -> Value {
    Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  private func damaged(_ what: String) -> TrainingDataError {
    TrainingDataError(
      .damagedDataset, "\(path): the data set is damaged: \(what)",
      remedy: "copy it again, or make it again with vamen prepare")
  }
}
