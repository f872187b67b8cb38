#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that takes its final name only when it is whole.
///
/// It is written beside its destination under a hidden name; unless ``commit()`` is reached it is
/// removed again. Writing at different places from several threads is fine.
final class TemporaryFile: Sendable {
  /// The final name.
  let destination: String
  private let path: String
  private let descriptor: Int32

  /// Creates the file.
  ///
  /// - Throws: ``TrainingDataError`` if the folder is missing or not writable, the destination is a
  ///   folder, or the disk has less than `reserving` bytes left.
  init(for destination: String, reserving length: Int) throws(TrainingDataError) {
    if let status = try? FileStatus(of: destination), !status.isRegularFile {
      throw TrainingDataError(
        .unwritable, "\(destination): there is a folder or device of that name",
        remedy: "give the name of a file")
    }
    let slash = destination.lastIndex(of: "/")
    let folder = slash.map { String(destination[...$0]) } ?? ""
    let name = slash.map { destination[destination.index(after: $0)...] } ?? destination[...]
    guard !name.isEmpty else {
      throw TrainingDataError(
        .unwritable, "\(destination): no file name", remedy: "give the name of a file")
    }
    let beginning = ".\(name).partial-"
    Self.removeLeftovers(in: folder.isEmpty ? "." : folder, beginning: beginning)
    let path = "\(folder)\(beginning)\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemError.last.writing(destination) }
    self.destination = destination
    self.path = path
    self.descriptor = descriptor
    var space = statvfs()
    if fstatvfs(descriptor, &space) == 0 {
      let free = Double(space.f_bavail) * Double(space.f_frsize)
      guard Double(length) <= free else {
        // The object is whole here, so deinit removes the file.
        throw TrainingDataError(
          .diskFull,
          "\(destination): \(length >> 20) MiB are needed, \(Int(free) >> 20) MiB are free",
          remedy: "free some space, choose another disk or a smaller --count")
      }
    }
  }

  /// Removes what killed processes left of the same file: theirs are the numbers of processes that
  /// are no more.
  private static func removeLeftovers(in folder: String, beginning: String) {
    guard let listing = opendir(folder) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let file = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      guard file.hasPrefix(beginning), let process = pid_t(file.dropFirst(beginning.count)),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink(folder + "/" + file)
    }
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  /// Writes bytes at an offset.
  func write(_ bytes: [UInt8], at offset: Int) throws(TrainingDataError) {
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

  /// Brings everything to the disk and gives the file its name, replacing what had it.
  func commit() throws(TrainingDataError) {
    guard fsync(descriptor) == 0, rename(path, destination) == 0 else {
      throw SystemError.last.writing(destination)
    }
  }
}
