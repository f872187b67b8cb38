// `stdout` is a variable of the C library that nobody changes.
@preconcurrency import Foundation
import Synchronization

/// What was printed, on its way out: `print` leaves it with the C library, which says only at the end
/// whether all of it could be written.
enum StandardOutput {
  /// The system's number of the first failure that a flush met, 0 for none.
  private static let failure = Atomic<Int32>(0)

  /// Hands on what was printed so far.
  static func flush() {
    guard fflush(stdout) != 0 else { return }
    _ = failure.compareExchange(expected: 0, desired: errno, ordering: .relaxed)
  }

  /// Why some of what was printed is lost, such as on a full disk; `nil` if nothing is, and where nobody
  /// reads any more, as of `vamen devices | head -n 1`.
  static var loss: String? {
    guard ferror(stdout) != 0 else { return nil }
    switch failure.load(ordering: .relaxed) {
    case EPIPE: return nil
    case 0:
      // `print` itself met the failure, and left nothing for a flush to fail at.
      return isUnread ? nil : "not all of it could be written"
    case let number: return String(cString: strerror(number))
    }
  }

  /// Whether it is a pipe that nobody reads.
  private static var isUnread: Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&output, 1, 0) == 1 && output.revents & Int16(POLLERR) != 0
  }
}
