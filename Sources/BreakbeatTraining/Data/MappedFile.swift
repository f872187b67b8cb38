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
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer

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
    defer { close(descriptor) }
    guard let address = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else { throw SystemError.last.reading(path) }
    bytes = UnsafeRawBufferPointer(start: address, count: status.size)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}
