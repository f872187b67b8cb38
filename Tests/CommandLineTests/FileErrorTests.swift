import Foundation
import Testing

/// Damaged and foreign files, full disks and folders that cannot be written.
@Suite struct FileErrorTests {
  private func runner() throws -> CommandRunner {
    let runner = try CommandRunner()
    let outcome = try runner.vamen(
      "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "16",
      "--seed", "1")
    try #require(outcome.status == 0, "\(outcome.errors)")
    return runner
  }

  @Test(arguments: ["cut", "foreign", "flipped", "empty"])
  func aDamagedDataSetIsRefused(_ damage: String) throws {
    let runner = try runner()
    var bytes = [UInt8](try Data(contentsOf: runner.folder.appending(path: "breaks.vamen")))
    switch damage {
    case "cut": bytes.removeLast(bytes.count / 2)
    case "foreign": bytes = Array("{\"not\": \"a data set\"}".utf8)
    case "flipped": bytes[40] ^= 0x55
    default: bytes = []
    }
    try runner.write(bytes, to: "bad.vamen")
    let outcome = try runner.vamen(
      "train", "bad.vamen", "--out", "run", "--preset", "tiny", "--steps", "1", "--device", "cpu",
      "--seed", "1")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("bad.vamen"), "\(outcome.errors)")
    #expect(runner.names() == ["bad.vamen", "breaks.vamen"])
  }

  @Test func damagedModelsAndCheckpointsAreRefused() throws {
    let runner = try runner()
    let training = try runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--steps", "2", "--batch-size",
      "4", "--device", "cpu", "--seed", "1", "--preview-every", "0")
    try #require(training.status == 0, "\(training.errors)")
    let model = [UInt8](
      try Data(contentsOf: runner.folder.appending(path: "run/checkpoints/last.safetensors")))
    let newer = String(decoding: model.prefix(4000), as: UTF8.self)
      .replacing("\"vamen.format\":\"1\"", with: "\"vamen.format\":\"9\"")
    var flipped = model
    flipped[20] ^= 0x20
    for (name, bytes) in [
      ("empty", []), ("cut", Array(model[..<(model.count / 2)])), ("flipped", flipped),
      ("newer", Array(newer.utf8) + model.dropFirst(4000)), ("foreign", Array("hello".utf8)),
      ("diverged", Array(model.dropLast(4)) + [0, 0, 0xc0, 0x7f]),
    ] {
      try runner.write(bytes, to: "\(name).safetensors")
      let outcome = try runner.vamen(
        "sample", "\(name).safetensors", "--out", "loops", "--device", "cpu", "--seed", "1")
      #expect(outcome.status == 1, "\(name)")
      #expect(outcome.errors.contains("\(name).safetensors"), "\(outcome.errors)")
      #expect(runner.names(in: "loops").isEmpty, "\(name)")
    }
    let state = "run/checkpoints/state-last.safetensors"
    let bytes = [UInt8](try Data(contentsOf: runner.folder.appending(path: state)))
    try runner.write(Array(bytes[..<(bytes.count - 100)]), to: state)
    let resumed = try runner.vamen(
      "train", "breaks.vamen", "--out", "run", "--steps", "4", "--resume", "--device", "cpu")
    #expect(resumed.status == 1)
    #expect(resumed.errors.contains("state-last.safetensors"), "\(resumed.errors)")
  }

  @Test func aFullDiskIsReportedAndNothingIsLeft() throws {
    let runner = try runner()
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let drawing = try runner.vamen(
      "spectrogram", "clicks-1bar.wav", "--preset", "tiny", "--out", "/dev/full")
    #expect(drawing.status == 1)
    #expect(drawing.errors.contains("/dev/full"), "\(drawing.errors)")
  }

  @Test(.enabled(if: getuid() == 0, "needs root to mount a small file system"))
  func aDataSetThatDoesNotFitTheDiskLeavesNothing() throws {
    let runner = try runner()
    let script = """
      mkdir small && mount -t tmpfs -o size=1m tmpfs small || exit 77
      "$0" prepare --synthetic --out small/big.vamen --preset full --count 50 --seed 1
      status=$?
      ls -A small >&2
      exit $status
      """
    let outcome = try CommandRunner.run(
      URL(filePath: "/usr/bin/unshare"),
      ["--mount", "bash", "-c", script, CommandRunner.program.path], in: runner.folder)
    if outcome.status == 77 || outcome.errors.contains("unshare failed") { return }
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("small"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("\nbig.vamen") && !outcome.errors.contains("partial"))
  }

  @Test func aDemoLeavesAFolderOfSomebodyElseAlone() throws {
    let runner = try CommandRunner()
    let folder = runner.folder.appending(path: "mine/loops")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try runner.write([1], to: "mine/loops/one.wav")
    let outcome = try runner.vamen("demo", "--out", "mine", "--device", "cpu")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("mine/loops"), "\(outcome.errors)")
    #expect(FileManager.default.fileExists(atPath: runner.path("mine/loops/one.wav")))
  }

  @Test(arguments: [
    ["--epochs", "9223372036854775807"], ["--steps", "1", "--batch-size", "9223372036854775807"],
  ])
  func numbersBeyondAllSizesAreRefused(_ options: [String]) throws {
    let runner = try runner()
    let outcome = try CommandRunner.run(
      CommandRunner.program,
      ["train", "breaks.vamen", "--out", "run", "--preset", "tiny", "--device", "cpu"] + options,
      in: runner.folder)
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(runner.names() == ["breaks.vamen"])
  }

  @Test func aFolderThatCannotBeMadeIsReported() throws {
    let runner = try runner()
    try runner.write([1], to: "file")
    for (arguments, name) in [
      (
        [
          "prepare", "--synthetic", "--out", "file/breaks.vamen", "--preset", "tiny", "--count",
          "4",
        ],
        "file"
      ),
      (
        [
          "train", "breaks.vamen", "--out", "file/run", "--preset", "tiny", "--steps", "1",
          "--device", "cpu",
        ], "file/run"
      ),
      (["demo", "--out", "file/demo", "--device", "cpu"], "file/demo"),
    ] {
      let outcome = try CommandRunner.run(
        CommandRunner.program, arguments + ["--seed", "1"], in: runner.folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains(name), "\(outcome.errors)")
    }
    #expect(runner.names() == ["breaks.vamen", "file"])
  }
}
