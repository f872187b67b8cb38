import Foundation
import ProgramRunner
import Testing

/// Runs the built `vamen` in a temporary folder.
final class CommandRunner {
  /// How a run ended.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  let folder: URL
  private static let isRoot = getuid() == 0

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "vamen-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The program beside the running tests.
  static let program: URL = {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<6 {
      let program = folder.appending(path: "vamen")
      if FileManager.default.isExecutableFile(atPath: program.path) { return program }
      folder.deleteLastPathComponent()
    }
    // `swift test` runs from a helper elsewhere; the package's own build folder then.
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    #if DEBUG
      return package.appending(path: ".build/debug/vamen")
    #else
      return package.appending(path: ".build/release/vamen")
    #endif
  }()

  /// A path in the folder.
  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Names in a folder below, sorted.
  func names(in name: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
  }

  /// Writes a file.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: folder.appending(path: name))
    return path(name)
  }

  /// Runs `vamen` with arguments; nothing is read from standard input.
  @discardableResult
  func vamen(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try Self.run(Self.program, arguments, environment: environment, in: folder)
  }

  /// Runs a program and collects what it says.
  static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], in folder: URL
  ) throws -> Outcome {
    let outcome = try ProgramOutcome.of(
      program, arguments, environment: environment, in: folder)
    return Outcome(status: outcome.status, output: outcome.output, errors: outcome.errors)
  }

  /// Starts `vamen` and lets it run.
  func start(_ arguments: String...) throws -> RunningProgram {
    try RunningProgram(Self.program, arguments, in: folder)
  }
}

/// A WAV file of 16-bit mono samples at 10 kHz.
func waveFile(_ samples: [Int16]) -> [UInt8] {
  func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
  let length = UInt32(samples.count * 2)
  return Array("RIFF".utf8) + bytes(36 + length) + Array("WAVEfmt ".utf8) + bytes(UInt32(16))
    + bytes(UInt16(1)) + bytes(UInt16(1)) + bytes(UInt32(10_000)) + bytes(UInt32(20_000))
    + bytes(UInt16(2)) + bytes(UInt16(16)) + Array("data".utf8) + bytes(length)
    + samples.flatMap { bytes($0) }
}

/// A WAV file of 32-bit floating-point mono samples at 10 kHz.
func floatWaveFile(_ samples: [Float]) -> [UInt8] {
  func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
  let length = UInt32(samples.count * 4)
  return Array("RIFF".utf8) + bytes(36 + length) + Array("WAVEfmt ".utf8) + bytes(UInt32(16))
    + bytes(UInt16(3)) + bytes(UInt16(1)) + bytes(UInt32(10_000)) + bytes(UInt32(40_000))
    + bytes(UInt16(4)) + bytes(UInt16(32)) + Array("data".utf8) + bytes(length)
    + samples.flatMap { bytes($0.bitPattern) }
}

/// Two seconds (one bar at 120 bpm) of decaying clicks on the beat.
let clicks: [Int16] = (0..<20_000).map { index in
  let age = Double(index % 5_000)
  return Int16(20_000 * exp(-age / 300) * (index % 2 == 0 ? 1 : -1))
}
