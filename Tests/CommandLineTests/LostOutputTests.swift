import Foundation
import Testing

/// Output that cannot be written: on a full disk it is an error, where its reader went away it is not.
@Suite struct LostOutputTests {
  private static let hasFullDevice = FileManager.default.fileExists(atPath: "/dev/full")
  private static let fullDisk = "vamen: standard output: No space left on device"

  private let runner: CommandRunner

  init() throws {
    runner = try CommandRunner()
    try writeTinyModel(to: runner.path("model.safetensors"))
  }

  /// Runs a script of bash, to which `"$0" "$@"` is a command of the program.
  private func bash(
    _ script: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      URL(filePath: "/bin/bash"), ["-c", script, CommandRunner.program.path] + arguments,
      environment: environment.merging(["VAMEN_DEVICE": "cpu"]) { $1 }, in: runner.folder)
  }

  /// From one line to more than the C library keeps, and what is printed before the last file is
  /// written.
  private static let commands: [[String]] = [
    ["--version"], ["--version", "--json"], ["--help"], ["help", "sample"],
    ["--generate-completion-script", "bash"], ["devices"], ["inspect", "model.safetensors"],
    ["inspect", "model.safetensors", "--json"], ["train", "--print-config"],
    [
      "sample", "model.safetensors", "--out", "loops", "--count", "2", "--iterations", "0",
      "--seed", "1",
    ],
  ]

  @Test(.enabled(if: LostOutputTests.hasFullDevice), arguments: commands)
  func aFullDiskIsAnError(_ arguments: [String]) throws {
    let outcome = try bash(#""$0" "$@" >/dev/full"#, arguments)
    #expect(outcome.status == 1, "\(outcome)")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.last.map(String.init) == Self.fullDisk, "\(outcome.errors)")
    #expect(lines.count { $0.contains("standard output") } == 1, "\(outcome.errors)")
  }

  /// The reader has gone before anything is written.
  @Test(arguments: commands)
  func aReaderThatWentAwayIsNone(_ arguments: [String]) throws {
    let outcome = try bash(
      #"set -o pipefail; { sleep 0.3; exec "$0" "$@"; } | true"#, arguments)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(!outcome.errors.contains("standard output"), "\(outcome.errors)")
  }

  /// A command that fails says why first, and keeps its exit status.
  @Test(.enabled(if: LostOutputTests.hasFullDevice)) func aFailureStaysWhatItIs() throws {
    let missing = try bash(#""$0" "$@" >/dev/full"#, ["inspect", "nothing.vamen"])
    #expect(missing.status == 1 && missing.errors.contains("nothing.vamen"), "\(missing)")
    #expect(!missing.errors.contains("standard output"), "\(missing.errors)")
    let wrong = try bash(#""$0" "$@" >/dev/full"#, ["sample"])
    #expect(wrong.status == 2, "\(wrong)")
  }

  /// Nobody can learn the address.
  @Test(.enabled(if: LostOutputTests.hasFullDevice), arguments: [[], ["--json"]])
  func theExplorerEndsWhereTheDiskIsFull(_ options: [String]) throws {
    let outcome = try bash(
      #""$0" "$@" >/dev/full"#, ["explore", "model.safetensors", "--port", "0"] + options)
    #expect(outcome.status == 1, "\(outcome)")
    let lines = outcome.errors.split(separator: "\n").map(String.init)
    #expect(lines.count == 2 && lines.last == Self.fullDisk, "\(outcome.errors)")
  }

  /// Somebody may know the port.
  @Test func theExplorerServesWhoeverReadsItsOutput() throws {
    // Answers come after the address was printed.
    let script = #"""
      exec > >(true)
      sleep 0.3
      "$0" "$@" &
      server=$!
      for attempt in {1..600}; do
        kill -0 $server 2>/dev/null || break
        if { exec 3<>/dev/tcp/127.0.0.1/$PORT; } 2>/dev/null; then
          printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n' $PORT >&3
          read -r -t 60 answer <&3
          break
        fi
        sleep 0.1
      done
      kill $server 2>/dev/null
      wait $server
      echo "$? $answer" >&2
      """#
    // Below the ports that systems give to whoever asks for a free one.
    let port = "\(Int.random(in: 20_000..<32_000))"
    let outcome = try bash(
      script, ["explore", "model.safetensors", "--port", port], environment: ["PORT": port])
    #expect(outcome.errors.contains("143 HTTP/1.1 200"), "\(outcome.errors)")
  }
}
