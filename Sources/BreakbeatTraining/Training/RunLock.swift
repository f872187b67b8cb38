#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Keeps a run folder to one process: a lock on its file `.lock`, which holds that process's number.
///
/// The system lets go of the lock when the process ends, however it ends; the file stays.
final class RunLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Throws: ``TrainingDataError`` that names the process which has it.
  init(_ folder: String) throws(TrainingDataError) {
    let path = folder + "/.lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw SystemError.last.writing(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // A file system without locks, for example.
      guard errno == EWOULDBLOCK else { throw SystemError.last.locking(path) }
      var text = [UInt8](repeating: 0, count: 32)
      let count = max(0, pread(descriptor, &text, text.count, 0))
      let owner = Int32(String(decoding: text[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
      throw TrainingDataError(
        .runFolder,
        "\(folder) is in use by " + (owner.map { "process \($0)" } ?? "another process"),
        remedy: "wait for it or stop it, or choose another --out")
    }
    let text = Array("\(getpid())\n".utf8)
    // Without its number the lock is a lock all the same.
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit { close(descriptor) }
}
