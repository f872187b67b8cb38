import ArgumentParser
import BreakbeatTraining
import Foundation

/// The command line: parse, call the libraries, print.
struct Vamen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vamen",
    abstract: "Learns breakbeats and makes new ones, on any vendor's GPU or none.",
    discussion: """
      Start with `vamen demo`: it makes a small data set from a break, trains a model for a few \
      minutes and writes a page to listen to.

      Your own breaks, in three commands:
        vamen prepare loops/ --out breaks.vamen --preset small
        vamen train breaks.vamen --out run --preset small --epochs 20
        vamen sample run --count 16 --out loops
      """,
    version: vamenVersion,
    subcommands: [
      Demo.self, Devices.self, Prepare.self, Inspect.self, Train.self, Sample.self,
      Reconstruct.self, Interpolate.self, Explore.self, Evaluate.self,
      SpectrogramCommand.self, Resynthesize.self, SelfTestCommand.self, Kernels.self,
      BenchmarkCommand.self, Tune.self,
    ])
}

@main
enum Main {
  /// Runs a command; exit status 0 done, 1 failed, 2 wrong usage.
  static func main() async {
    // A file that may not grow is an error of the write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    // Nor is a reader of the output that went away.
    signal(SIGPIPE, SIG_IGN)
    do {
      try await run()
    } catch {
      let status = Vamen.exitCode(for: error)
      switch status {
      case .success: print(Vamen.fullMessage(for: error))
      case .validationFailure: Terminal.end(2, Vamen.fullMessage(for: error))
      default:
        let isSilent = error is ExitCode
        Terminal.end(
          isSilent ? status.rawValue : 1,
          isSilent ? "" : "vamen: \(printableLines(Terminal.text(of: error)))")
      }
    }
    Terminal.end(0)
  }

  private static func run() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.prefix(while: { $0 != "--" }).contains("--version") {
      return try printVersion(asJSON: arguments.contains("--json"))
    }
    var command = try Vamen.parseAsRoot()
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// Beside the version what tells one build from another; read from the program's own file, so not
  /// at every start.
  private static func printVersion(asJSON: Bool) throws {
    let identity = ProgramIdentity()
    if asJSON { try Terminal.printJSON(identity) } else { print(identity) }
  }
}
