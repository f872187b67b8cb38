import Foundation

/// Keeps to itself what libraries print of their own accord: decoders of damaged GSM and MP3 files
/// write to standard output and standard error, where our results and messages go.
///
/// For one thread at a time; while it lasts, nothing can be said there.
struct ForeignOutput {
  private let kept: [(descriptor: Int32, copy: Int32)]

  /// Turns descriptors away until ``end()``.
  init(silencing descriptors: [Int32]) {
    StandardOutput.flush()
    fflush(nil)
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    var kept: [(descriptor: Int32, copy: Int32)] = []
    for descriptor in descriptors where nowhere >= 0 {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else { continue }
      kept.append((descriptor, copy))
      dup2(nowhere, descriptor)
    }
    if nowhere >= 0 { close(nowhere) }
    self.kept = kept
  }

  /// Lets everything through again.
  func end() {
    fflush(nil)
    for (descriptor, copy) in kept {
      dup2(copy, descriptor)
      close(copy)
    }
  }

  /// Runs a body in silence.
  static func silenced<Result>(_ body: () throws -> Result) rethrows -> Result {
    let silence = ForeignOutput(silencing: [STDOUT_FILENO, STDERR_FILENO])
    defer { silence.end() }
    return try body()
  }
}
