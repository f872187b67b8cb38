import Foundation
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    ["prepare"], ["nonsense"], ["sample"], ["train", "x.vamen"],
    ["train", "x.vamen", "--out", "run", "--epochs", "0"],
    ["train", "x.vamen", "--out", "run", "--epochs", "1", "--steps", "1"],
    ["train", "x.vamen", "--out", "run", "--precision", "half"],
    ["train", "x.vamen", "--out", "run", "--preset", "huge"],
    ["sample", "m.safetensors", "--out", "x", "--count", "many"],
    ["sample", "m.safetensors", "--out", "x", "--grid", "0x9"],
    ["sample", "m.safetensors", "--out", "x", "--name", "../up"],
    ["demo", "--minutes", "-1"],
    ["prepare", "--synthetic", "--out", "x.vamen", "--bars", "nan"],
    ["spectrogram", "x.wav", "--out", "x.png", "--bars", "1e300"],
    ["resynthesize", "x.wav", "--out", "y.wav", "--bars", "0"],
    ["resynthesize", "x.wav", "--out", "y.wav", "--bpm", "inf"],
    ["resynthesize", "x.wav", "--out", "y.wav", "--sample-rate", "1e20"],
    ["resynthesize", "x.wav", "--out", "y.wav", "--sample-rate", "44100.4"],
    ["spectrogram", "x.wav", "--out", "s.png", "--data", "s.png"],
  ])
  func wrongUsageEndsWithStatusTwo(_ arguments: [String]) throws {
    let runner = try CommandRunner()
    let outcome = try CommandRunner.run(CommandRunner.program, arguments, in: runner.folder)
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.errors.contains("Usage: vamen"), "\(outcome.errors)")
    #expect(runner.names().isEmpty)
  }

  @Test func fractionalSampleRatesAreRefusedWithWhatIsPossible() throws {
    let outcome = try CommandRunner().vamen(
      "sample", "m.safetensors", "--out", "x", "--sample-rate", "44100.4")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.contains("44100.4: whole numbers from 1000 to 384000"), "\(outcome.errors)")
  }

  /// The picture would be replaced by its numbers.
  @Test(arguments: ["q/s.png", "./q/s.png", "q/../q/s.png", "link/s.png"])
  func twoOutputsOfOneNameAreRefused(_ name: String) throws {
    let runner = try CommandRunner()
    let files = FileManager.default
    try files.createDirectory(atPath: runner.path("q"), withIntermediateDirectories: true)
    try files.createSymbolicLink(atPath: runner.path("link"), withDestinationPath: "q")
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    func draw(_ data: String) throws -> CommandRunner.Outcome {
      try runner.vamen(
        "spectrogram", "clicks-1bar.wav", "--preset", "tiny", "--out", "q/s.png", "--data", data)
    }
    let outcome = try draw(name)
    #expect(outcome.status == 2 && outcome.errors.contains(name), "\(outcome.errors)")
    #expect(runner.names(in: "q").isEmpty)
    #expect(try draw("q/s.safetensors").status == 0)
    #expect(runner.names(in: "q") == ["s.png", "s.safetensors"])
  }

  @Test(arguments: [
    "demo", "devices", "prepare", "inspect", "train", "sample", "reconstruct",
    "interpolate", "spectrogram", "resynthesize", "selftest",
  ])
  func everyCommandExplainsItself(_ command: String) throws {
    let outcome = try CommandRunner().vamen(command, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("USAGE: vamen \(command)"))
    #expect(outcome.output.contains("OVERVIEW: "))
  }

  @Test func anUnknownPresetIsNamedWithTheOnesThereAre() throws {
    let outcome = try CommandRunner().vamen(
      "prepare", "--synthetic", "--out", "x.vamen", "--preset", "enormous")
    #expect(outcome.status == 2)
    for word in ["enormous", "tiny", "demo", "small", "slim", "full"] {
      #expect(outcome.errors.contains(word), "\(word): \(outcome.errors)")
    }
  }

  @Test func anUnknownDeviceIsNamedWithTheWayOut() throws {
    let outcome = try CommandRunner().vamen("selftest", "--device", "no such card")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("no such card") && outcome.errors.contains("cpu"))
  }

  @Test func withoutAVulkanLibraryTheProgramStartsAndUsesTheProcessor() throws {
    let outcome = try CommandRunner().vamen(
      "devices", environment: ["VAMEN_VULKAN_LIBRARY": "/nowhere/libvulkan.so.1"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("Default: CPU"))
    #expect(outcome.output.contains("Vulkan"))
  }

  @Test func devicesAreListedAsJSONLines() throws {
    let outcome = try CommandRunner().vamen("devices", "--json")
    #expect(outcome.status == 0)
    for line in outcome.output.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      #expect((object as? [String: Any])?["name"] is String)
    }
  }
}
