import BreakbeatTraining
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// What the program says and where: results on standard output, everything else on standard error.
enum Terminal {
  /// Whether a person watches standard error.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Prints a line for people on standard error.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Shows progress: over the same line on a terminal, as plain lines otherwise.
  static func progress(_ text: String, isLast: Bool = false) {
    let line = isInteractive ? "\r\u{1B}[K" + text + (isLast ? "\n" : "") : text + "\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// Ends the program with a status and a message on standard error.
  static func end(_ status: Int32, _ message: String) -> Never {
    if !message.isEmpty { note(message) }
    exit(status)
  }

  /// An error in words: our own errors describe themselves, the system's are localized.
  static func text(of error: any Error) -> String {
    error is CocoaError ? error.localizedDescription : "\(error)"
  }

  /// Prints a value as one line of JSON on standard output.
  static func printJSON(_ value: some Encodable) throws {
    print(try json(value))
  }

  /// A value as one line of JSON.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// Whether somebody asked the program to stop: Ctrl-C or a polite kill.
final class Interruption: Sendable {
  private let flag = Atomic(false)
  /// Kept alive, never touched again.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Watches for SIGINT and SIGTERM from now on; a second one ends the program at once.
  ///
  /// - Parameters:
  ///   - answer: What to say to the first one.
  ///   - stop: Called at the first one.
  init(
    _ answer: String = "Stopping after this step; press again to stop at once.",
    stop: @escaping @Sendable () -> Void = {}
  ) {
    let queue = DispatchQueue(label: "interruption")
    var sources: [any DispatchSourceSignal] = []
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      sources.append(DispatchSource.makeSignalSource(signal: number, queue: queue))
    }
    self.sources = sources
    for source in sources {
      source.setEventHandler { [self] in
        if flag.exchange(true, ordering: .relaxed) { exit(130) }
        Terminal.note("\n" + answer)
        stop()
      }
      source.resume()
    }
  }

  /// Whether it was asked to stop.
  var isRequested: Bool { flag.load(ordering: .relaxed) }
}
