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

/// An `errno` of the C library, caught where it happened.
struct SystemError {
  let number: Int32

  /// The error of the call just made.
  static var last: SystemError { SystemError(number: errno) }

  /// The system's words for it.
  var text: String { String(cString: strerror(number)) }

  /// The error of a path that could not be opened for reading.
  func reading(_ path: String) -> TrainingDataError {
    switch number {
    case ENOENT, ENOTDIR:
      TrainingDataError(.missing, "\(path): no such file or folder", remedy: "check the path")
    case EACCES, EPERM:
      TrainingDataError(
        .unreadable, "\(path): \(text)", remedy: "give yourself permission to read it")
    default:
      TrainingDataError(
        .unreadable, "\(path): \(text)", remedy: "check the disk, or copy the file elsewhere")
    }
  }

  /// The error of a path that could not be written.
  func writing(_ path: String) -> TrainingDataError {
    switch number {
    case ENOSPC, EDQUOT, EFBIG:
      TrainingDataError(
        .diskFull, "\(path): \(text)", remedy: "free some space or choose another disk")
    case ENOENT, ENOTDIR:
      TrainingDataError(
        .unwritable, "\(path): \(text)", remedy: "create the folder first, or choose another")
    default:
      TrainingDataError(
        .unwritable, "\(path): \(text)", remedy: "choose a folder you can write to")
    }
  }

  /// The error of a file that could not be locked, for another reason than that it is.
  func locking(_ path: String) -> TrainingDataError {
    TrainingDataError(
      .unwritable, "\(path) cannot be locked: \(text)",
      remedy: "choose a folder on a file system that locks files")
  }
}
