import ArgumentParser
import BreakbeatTraining
import Foundation
import Tensors

struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Checks every operation on a device, for example one whose driver is in doubt.",
    discussion: """
      With --golden, runs every case of the safetensors files of a folder against the results they \
      hold; otherwise the built-in cases: the device against the CPU. Exit status 1 if a case fails.
      """)

  @Option(help: "Folder with golden files. (default: built-in cases)", completion: .directory)
  var golden: String?

  @OptionGroup var device: DeviceOption
  @OptionGroup var output: JSONOption

  func run() throws {
    let backend = try device.choose().backend
    let report = { (result: ConformanceResult) throws -> Void in
      if output.json { print(try result.json()) } else { print(printable(result.line)) }
    }
    let summary =
      if let golden {
        try GoldenRunner(folder: golden).run(on: backend, report: report)
      } else {
        try SelfTest.run(on: backend, report: report)
      }
    if output.json {
      try Terminal.printJSON([
        "passed": summary.passed, "failed": summary.failed, "skipped": summary.skipped,
      ])
      Terminal.note("\(summary)")
    } else {
      print(summary)
    }
    if summary.failed > 0 { throw ExitCode(1) }
  }
}
