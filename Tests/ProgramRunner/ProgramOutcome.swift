public import Foundation

/// How a program ended and what it said.
public struct ProgramOutcome {
  /// The exit status, or 128 plus the signal that ended the program.
  public var status: Int32
  /// Its standard output.
  public var output: String
  /// Its standard error.
  public var errors: String

  /// Runs a program in a folder and collects what it says.
  public static func of(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], in folder: URL,
    atMost limit: Double = 300
  ) throws -> ProgramOutcome {
    // Files rather than pipes: a pipe that fills up would stop the program.
    let output = folder.appending(path: ".output-\(UUID().uuidString)")
    let errors = folder.appending(path: ".errors-\(UUID().uuidString)")
    defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
    let running = try RunningProgram(
      program, arguments, environment: environment, in: folder, output: output, errors: errors)
    let status = try running.wait(atMost: limit)
    return ProgramOutcome(
      status: status,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}
