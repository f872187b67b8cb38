#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import CZlib

/// A data set that is being written, under a hidden name beside its destination:
/// `.breaks.vamen.partial` for `breaks.vamen`.
///
/// It is laid out as the whole file will be. The header is there from the start; each picture is
/// followed by its row of the item table, with the picture's checksum. A process may be killed at any
/// moment: the next one with the same header keeps every item whose checksum is right and makes the
/// others. ``commit()`` renames the file; it is then the same as if nothing had happened. Items may be
/// written from several threads.
final class PartialDataset: Sendable {
  /// The final name.
  let destination: String
  /// Where everything is; the checksum is not known yet.
  let prefix: DatasetPrefix
  /// Whether each item was there already.
  private(set) nonisolated(unsafe) var completed: [Bool]

  private let path: String
  private let descriptor: Int32
  private let stride: Int

  /// The hidden name of a destination.
  static func path(for destination: String) -> String {
    let slash = destination.lastIndex(of: "/")
    let folder = slash.map { String(destination[...$0]) } ?? ""
    let name = slash.map { destination[destination.index(after: $0)...] } ?? destination[...]
    return "\(folder).\(name).partial"
  }

  /// Opens what an earlier process left, if it has the same header, or begins anew.
  ///
  /// - Throws: ``TrainingDataError`` if the folder is missing or not writable, the destination is a
  ///   folder, another process writes the same data set, or the disk has too little room.
  init(
    for destination: String, header json: [UInt8], count: Int, stride: Int
  ) throws(TrainingDataError) {
    if let status = try? FileStatus(of: destination), !status.isRegularFile {
      throw TrainingDataError(
        .unwritable, "\(destination): there is a folder or device of that name",
        remedy: "give the name of a file")
    }
    guard !destination.isEmpty, !destination.hasSuffix("/") else {
      throw TrainingDataError(
        .unwritable, "\(destination): no file name", remedy: "give the name of a file")
    }
    var prefix = DatasetPrefix()
    prefix.headerLength = json.count
    prefix.pixelOffset = (DatasetFormat.prefixLength + json.count + 4095) / 4096 * 4096
    prefix.tableOffset = prefix.pixelOffset + count * stride
    prefix.textOffset = prefix.tableOffset + count * DatasetEntry.length
    let path = Self.path(for: destination)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw SystemError.last.writing(destination) }
    self.destination = destination
    self.prefix = prefix
    self.path = path
    self.descriptor = descriptor
    self.stride = stride
    completed = [Bool](repeating: false, count: count)
    // Everything is set: from here on deinit closes the file.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw SystemError.last.locking(path) }
      throw TrainingDataError(
        .unwritable, "\(destination) is being written by another process",
        remedy: "wait for it, or give another name")
    }
    let length = prefix.textOffset
    if bytes(at: DatasetFormat.prefixLength, count: json.count) != json {
      guard ftruncate(descriptor, 0) == 0 else { throw SystemError.last.writing(destination) }
    }
    do throws(TrainingDataError) {
      try checkSpace(length)
      guard ftruncate(descriptor, off_t(length)) == 0 else {
        throw SystemError.last.writing(destination)
      }
      // No magic bytes yet: nobody takes this for a data set.
      try write(json, at: DatasetFormat.prefixLength)
    } catch {
      discard()
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Removes the unfinished file.
  func discard() { unlink(path) }

  private func checkSpace(_ length: Int) throws(TrainingDataError) {
    var space = statvfs()
    var status = stat()
    guard fstatvfs(descriptor, &space) == 0, fstat(descriptor, &status) == 0 else { return }
    let free = Double(space.f_bavail) * Double(space.f_frsize)
    // Texts take some 200 bytes an item.
    let needed = Double(length) + 256 * Double(completed.count) - 512 * Double(status.st_blocks)
    guard needed <= free else {
      throw TrainingDataError(
        .diskFull,
        "\(destination): \(Int(needed) >> 20) MiB are needed, \(Int(free) >> 20) MiB are free",
        remedy: "free some space, choose another disk or a smaller --count")
    }
  }

  /// Looks at an item that an earlier process may have written.
  func isIntact(_ index: Int) -> Bool {
    guard let row = bytes(at: rowOffset(index), count: DatasetEntry.length) else { return false }
    let entry = row.withUnsafeBytes { DatasetEntry($0, at: 0) }
    guard entry.isComplete, let pixels = bytes(at: pixelOffset(index), count: stride) else {
      return false
    }
    return entry.checksum == Self.checksum(pixels)
  }

  /// Marks what is intact, before anything is written.
  func keep(_ completed: [Bool]) { self.completed = completed }

  /// Writes an item: its picture, then its row.
  func write(_ pixels: [UInt8], of index: Int) throws(TrainingDataError) {
    precondition(pixels.count == stride, "PartialDataset: \(pixels.count) of \(stride) bytes")
    try write(pixels, at: pixelOffset(index))
    let entry = DatasetEntry(source: 0, isHeldOut: false, checksum: Self.checksum(pixels))
    try write(entry.bytes, at: rowOffset(index))
  }

  /// The checksum of an item that was written.
  func checksum(of index: Int) throws(TrainingDataError) -> UInt32 {
    guard let row = bytes(at: rowOffset(index), count: DatasetEntry.length) else {
      throw SystemError.last.writing(destination)
    }
    return row.withUnsafeBytes { DatasetEntry($0, at: 0).checksum }
  }

  /// Writes table, texts and the beginning, brings all to the disk and gives the file its name.
  ///
  /// - Returns: the file's length.
  func commit(header json: [UInt8], table: [UInt8], texts: [UInt8]) throws(TrainingDataError) -> Int
  {
    var prefix = prefix
    prefix.fileLength = prefix.textOffset + texts.count
    prefix.checksum = DatasetFormat.checksum(json, table, texts)
    try write(table + texts, at: prefix.tableOffset)
    try write(prefix.bytes, at: 0)
    guard ftruncate(descriptor, off_t(prefix.fileLength)) == 0, fsync(descriptor) == 0,
      rename(path, destination) == 0
    else { throw SystemError.last.writing(destination) }
    return prefix.fileLength
  }

  private func pixelOffset(_ index: Int) -> Int { prefix.pixelOffset + index * stride }

  private func rowOffset(_ index: Int) -> Int { prefix.tableOffset + index * DatasetEntry.length }

  static func checksum(_ pixels: some Sequence<UInt8>) -> UInt32 {
    pixels.withContiguousStorageIfAvailable {
      UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count)))
    } ?? checksum(Array(pixels))
  }

  /// Bytes of the file, or nil where there are fewer.
  private func bytes(at offset: Int, count: Int) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), count - filled,
          off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got <= 0 { return }
        filled += got
      }
    }
    return bytes.count == count ? bytes : nil
  }

  private func write(_ bytes: [UInt8], at offset: Int) throws(TrainingDataError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(
          descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written,
          off_t(offset + written))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SystemError.last.writing(destination) }
      written += count
    }
  }
}
