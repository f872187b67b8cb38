#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file mapped into memory for reading.
///
/// Safe to send: the mapping is private and read-only and lives as long as the object.
final class MappedFile: @unchecked Sendable {
  /// All bytes of the file. Touching one beyond the end of a file that was cut meanwhile kills the
  /// program; ``read(at:into:)`` does not.
  let bytes: UnsafeRawBufferPointer
  private let descriptor: Int32
  private let path: String
  private let modification: Int64

  /// Maps a file.
  ///
  /// - Throws: ``TrainingDataError`` if it is missing, empty, not a file or cannot be read.
  init(_ path: String) throws(TrainingDataError) {
    let status = try FileStatus(of: path)
    guard status.isRegularFile else {
      throw TrainingDataError(
        .damagedDataset, "\(path): not a file", remedy: "give a file made by vamen prepare")
    }
    guard status.size > 0 else {
      throw TrainingDataError(
        .damagedDataset, "\(path): the file is empty", remedy: "make it again with vamen prepare")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError.last.reading(path) }
    guard let address = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else {
      let error = SystemError.last
      close(descriptor)
      throw error.reading(path)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: status.size)
    self.descriptor = descriptor
    self.path = path
    modification = status.modification
  }

  /// Reads bytes through the system and not through the mapping: a file that was cut, or a disk that
  /// fails, is an error. A file that was replaced or removed is read on as it was opened.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(TrainingDataError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.last.reading(path) }
      guard count > 0 else {
        throw TrainingDataError(
          .datasetChanged, "\(path) was cut while it was in use: it ends before byte \(offset)",
          remedy: "put the data set back")
      }
      done += count
    }
  }

  /// Whether the file has not been written to since it was opened, as far as the system knows.
  var isUntouched: Bool { FileStatus(descriptor: descriptor)?.modification == modification }

  deinit {
    close(descriptor)
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}
