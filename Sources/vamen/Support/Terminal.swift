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
    say(text + "\n")
  }

  /// Writes to standard error if that is possible: a log on a full disk or a terminal that is gone
  /// must not end a run.
  private static func say(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Shows progress: over the same line on a terminal, as plain lines otherwise.
  static func progress(_ text: String, isLast: Bool = false) {
    let line = isInteractive ? "\r\u{1B}[K" + text + (isLast ? "\n" : "") : text + "\n"
    say(line)
  }

  /// Ends the program with a status and a message on standard error. Without all of its output, no
  /// command has done what it should.
  static func end(_ status: Int32, _ message: String = "") -> Never {
    if !message.isEmpty { note(message) }
    StandardOutput.flush()
    guard let loss = StandardOutput.loss else { exit(status) }
    note("vamen: standard output: \(loss)")
    exit(status == 0 ? 1 : status)
  }

  /// An error in words: our own errors describe themselves, the system's are localized.
  static func text(of error: any Error) -> String {
    error is CocoaError ? error.localizedDescription : "\(error)"
  }

  /// Prints a value as one line of JSON on standard output.
  static func printJSON(_ value: some Encodable) throws {
    print(try json(value))
  }

  /// Prints a JSON text as one line on standard output: without the white space between its words.
  static func printJSON(text: String) {
    var isInString = false
    var isEscaped = false
    let line = text.unicodeScalars.filter { scalar in
      if scalar == "\"" && !isEscaped { isInString.toggle() }
      isEscaped = isInString && scalar == "\\" && !isEscaped
      return isInString || !" \n\r\t".unicodeScalars.contains(scalar)
    }
    print(String(line))
  }

  /// A value as one line of JSON.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// Whether somebody asked the program to stop: Ctrl-C, a polite kill, or a terminal that was closed.
final class Interruption: Sendable {
  private let flag = Atomic(false)
  /// Kept alive, never touched again.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Watches for SIGINT, SIGTERM and SIGHUP from now on; a second one ends the program at once.
  /// SIGHUP stays ignored where it is, as `nohup` wants.
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
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let isIgnored = signal(number, SIG_IGN).map { unsafeBitCast($0, to: Int.self) } == 1
      if number == SIGHUP && isIgnored { continue }
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
