public import Foundation

/// A program that a test started.
///
/// Foundation's `Process` was seen to wait for ever for a program that had ended; this is
/// `posix_spawn` and `waitpid`, with a time limit.
public final class RunningProgram {
  /// Its process identifier.
  public let identifier: pid_t
  private let name: String
  private var status: Int32?

  /// Starts a program: a folder to run in, variables beside this process's own, and files that take
  /// its output and errors (none: they are thrown away). Nothing is read from standard input.
  public init(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], in folder: URL,
    output: URL? = nil, errors: URL? = nil
  ) throws {
    name = program.lastPathComponent
    var spawn = SpawnActions()
    defer { spawn.destroy() }
    let null = "/dev/null"
    for (descriptor, path, flags) in [
      (STDIN_FILENO, null, O_RDONLY),
      (STDOUT_FILENO, output?.path ?? null, O_WRONLY | O_CREAT | O_TRUNC),
      (STDERR_FILENO, errors?.path ?? null, O_WRONLY | O_CREAT | O_TRUNC),
    ] {
      try spawn.check("cannot open \(path)") {
        posix_spawn_file_actions_addopen(&$0.files, descriptor, path, flags, 0o644)
      }
    }
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // The shell goes to the folder and becomes the program.
    let shell = "/bin/sh"
    let become = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path, program.path]
    var strings = (become + arguments).map { strdup($0) } + [nil]
    var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (strings + settings).forEach { free($0) } }
    var started: pid_t = 0
    try spawn.check("cannot start \(program.path)") {
      posix_spawn(&started, shell, &$0.files, &$0.attributes, &strings, &settings)
    }
    identifier = started
  }

  deinit {
    guard status == nil else { return }
    kill(identifier, SIGKILL)
    waitpid(identifier, nil, 0)
  }

  /// Sends a signal; nothing if the program has ended.
  public func send(_ signal: Int32) {
    if !hasEnded() { kill(identifier, signal) }
  }

  /// Whether the program has ended.
  public func hasEnded() -> Bool {
    if status != nil { return true }
    var raw: Int32 = 0
    let answer = waitpid(identifier, &raw, WNOHANG)
    guard answer == identifier else { return false }
    let signal = raw & 0x7f
    status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
    return true
  }

  /// Waits for the end: the program's exit status, or 128 plus the signal that ended it. A program
  /// that takes longer than the limit in seconds is killed.
  @discardableResult
  public func wait(atMost limit: Double = 300) throws -> Int32 {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(limit)
    while true {
      if hasEnded(), let status { return status }
      if clock.now > deadline {
        kill(identifier, SIGKILL)
        throw ProgramFailure("\(name) did not end within \(limit) s and was killed")
      }
      usleep(1000)
    }
  }
}

/// A program could not be started, or did not end.
public struct ProgramFailure: Error, CustomStringConvertible {
  /// What happened.
  public var description: String

  init(_ description: String) { self.description = description }
}

/// What `posix_spawn` does before the program starts. The program gets the default handling of
/// every signal and blocks none.
private struct SpawnActions {
  #if canImport(Darwin)
    var files: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
  #else
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
  #endif

  init() {
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
  }

  mutating func destroy() {
    posix_spawn_file_actions_destroy(&files)
    posix_spawnattr_destroy(&attributes)
  }

  /// Throws if a call returns an error number.
  mutating func check(_ failure: String, _ call: (inout SpawnActions) -> Int32) throws {
    let code = call(&self)
    if code != 0 { throw ProgramFailure("\(failure): \(String(cString: strerror(code)))") }
  }
}
