#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Appends bytes to a file with a single write: all of them, or none where the disk is full.
///
/// - Throws: ``TrainingDataError`` that names the file and the system's reason.
func appendWhole(_ bytes: [UInt8], to path: String) throws(TrainingDataError) {
  let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
  guard file >= 0 else { throw SystemError.last.writing(path) }
  defer { close(file) }
  let end = lseek(file, 0, SEEK_END)
  let count = write(file, bytes, bytes.count)
  guard count != bytes.count else { return }
  let error = count < 0 ? SystemError.last : SystemError(number: ENOSPC)
  // A part of a row is worse than none.
  if count > 0 { _ = ftruncate(file, end) }
  var problem = error.writing(path)
  problem.remedy += ", then go on with --resume"
  throw problem
}

/// Waits until what was appended to a file is on the disk.
///
/// - Throws: ``TrainingDataError`` that names the file and the system's reason.
func synchronizeFile(_ path: String) throws(TrainingDataError) {
  let file = open(path, O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { throw SystemError.last.writing(path) }
  defer { close(file) }
  // File systems that cannot wait say so.
  guard fsync(file) != 0, errno != EINVAL, errno != ENOTSUP else { return }
  throw SystemError.last.writing(path)
}
