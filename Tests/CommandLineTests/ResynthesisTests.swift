import CSndfile
import Foundation
import ProgramRunner
import Testing

/// `vamen resynthesize` of a file and of a data set, with every way to go.
@Suite struct ResynthesisTests {
  private func prepare(_ runner: CommandRunner) throws {
    let outcome = try runner.vamen(
      "prepare", "--synthetic", "--out", "breaks.vamen", "--preset", "tiny", "--count", "4",
      "--seed", "1")
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func run(
    _ runner: CommandRunner, _ arguments: [String]
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(CommandRunner.program, arguments, in: runner.folder)
  }

  /// The number before a word of a line.
  private func number(before word: String, in text: String) -> Double? {
    let words = text.split { " ,\n".contains($0) }.map(String.init)
    return words.firstIndex(of: word).flatMap { $0 > 1 ? Double(words[$0 - 2]) : nil }
  }

  @Test func itemsOfADataSetWithEveryOption() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    var ends: [Double] = []
    for options in [
      [], ["--start", "random"], ["--consistency", "exact"],
      ["--method", "plain", "--start", "random", "--mel-steps", "3"],
    ] {
      let outcome = try run(
        runner,
        [
          "resynthesize", "breaks.vamen", "--out", "loops", "--count", "2", "--seed", "3",
          "--device", "cpu", "--iterations", "8",
        ] + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("mean of 2: spectral convergence"))
      #expect(outcome.output.contains("onset correlation 0.9"), "\(outcome.output)")
      #expect(outcome.output.contains("ms per loop"))
      ends.append(try #require(number(before: "after", in: outcome.output)))
    }
    // Tree and kernel are as good as tree and matrices, and better than random phases.
    #expect(abs(ends[0] - ends[2]) < 0.1 && ends[0] < ends[1] && ends[1] < ends[3], "\(ends)")
    #expect(
      runner.names(in: "loops") == [
        "item-0-resynthesized.wav", "item-0.wav", "item-1-resynthesized.wav", "item-1.wav",
      ])
  }

  @Test func anotherTempoAndRate() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    try #require(
      runner.vamen(
        "resynthesize", "breaks.vamen", "--out", "loops", "--count", "1", "--device", "cpu",
        "--iterations", "2"
      ).status == 0)
    let outcome = try runner.vamen(
      "resynthesize", "loops/item-0.wav", "--preset", "tiny", "--bars-in-source", "0.5", "--out",
      "fast.wav", "--bpm", "160", "--sample-rate", "44100", "--iterations", "2", "--verbose",
      "--device", "cpu", "--wav-format", "float32")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("iteration 2  consistency"))
    #expect(outcome.output.contains("tempo 160.26 bpm, hop 117"), "\(outcome.output)")
    // 64 frames of 117 samples at 10 kHz are 33022 at 44.1 kHz.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: runner.path("fast.wav")))
    #expect((4 * 33_022..<4 * 33_022 + 1000).contains(bytes.count), "\(bytes.count)")
  }

  /// The picture of clicks gives more than full scale back, at any rate; figures are of the whole loop.
  @Test(arguments: [[], ["--sample-rate", "44100"]] as [[String]])
  func whatIsWrittenIsNotBeyondFullScale(_ options: [String]) throws {
    let runner = try CommandRunner()
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let outcome = try run(
      runner,
      [
        "resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out", "x.wav", "--iterations",
        "4", "--device", "cpu", "--wav-format", "float32",
      ] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try SoundFile.peak(of: runner.path("x.wav")) == 1)
  }

  @Test func theTempoIsThatOfTheFile() throws {
    let runner = try CommandRunner()
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let arguments = [
      "resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out", "x.wav", "--iterations", "1",
      "--device", "cpu", "--bpm", "292", "--sample-rate", "1000",
    ]
    let text = try run(runner, arguments)
    #expect(text.output.contains("after 1 iteration, "), "\(text.output)")
    #expect(text.errors.contains("Source clicks-1bar.wav: 1 bar at 120 bpm"), "\(text.errors)")
    let file = try SoundFile(runner.path("x.wav"))
    let expected = 120.0 * 1000 / Double(file.samples.count)
    #expect(text.output.contains("tempo \(String(format: "%.2f", expected)) bpm, "))
    #expect(abs(Double(file.loop?.bpm ?? 0) - expected) < 1e-4)
    let line = try run(runner, arguments + ["--json"])
    let object = try JSONSerialization.jsonObject(with: Data(line.output.utf8))
    let tempo = try #require((object as? [String: Any])?["beatsPerMinute"] as? Double)
    #expect(abs(tempo - expected) < 1e-9, "\(line.output)")
  }

  @Test func theEndingChoosesTheFormat() throws {
    let runner = try CommandRunner()
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    func back(_ out: String, _ options: String...) throws -> CommandRunner.Outcome {
      try run(
        runner,
        [
          "resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out", out, "--iterations", "1",
          "--device", "cpu",
        ] + options)
    }
    for name in ["x.wav", "x.flac", "x.OGG"] {
      let outcome = try back(name)
      #expect(outcome.status == 0, "\(outcome.errors)")
      // A tree starts from seed 0.
      #expect(!outcome.errors.contains("Seed"), "\(outcome.errors)")
    }
    let wave = try SoundFile(runner.path("x.wav"))
    #expect(try SoundFile(runner.path("x.flac")).samples == wave.samples)
    #expect(
      try Int(SoundFile(runner.path("x.OGG")).info.format) == SF_FORMAT_OGG | SF_FORMAT_VORBIS)
    try #require(back("zero.wav", "--seed", "0").status == 0)
    #expect(try SoundFile(runner.path("zero.wav")).samples == wave.samples)
    let random = try back("random.wav", "--start", "random")
    #expect(random.status == 0 && random.errors.contains("Seed: "), "\(random.errors)")

    let before = runner.names()
    for options in [
      ["x.mp3"], ["x"], ["x.flac", "--wav-format", "float32"], ["x.ogg", "--wav-format", "pcm24"],
      ["x.ogg", "--sample-rate", "300000"],
    ] {
      let outcome = try run(
        runner, ["resynthesize", "clicks-1bar.wav", "--preset", "tiny", "--out"] + options)
      #expect(outcome.status == 2 && outcome.errors.contains(options[0]), "\(outcome.errors)")
    }
    #expect(runner.names() == before)
  }

  @Test func theFolderIsMadeBeforeTheWork() throws {
    let runner = try CommandRunner()
    try prepare(runner)
    let running = try RunningProgram(
      CommandRunner.program,
      [
        "resynthesize", "breaks.vamen", "--out", "breaks.vamen/loops", "--device", "cpu",
        "--iterations", "10000", "--consistency", "exact",
      ], in: runner.folder, errors: runner.folder.appending(path: "errors.txt"))
    #expect(try running.wait(atMost: 60) == 1)
    let errors = try String(contentsOfFile: runner.path("errors.txt"), encoding: .utf8)
    #expect(errors.contains("breaks.vamen/loops"), "\(errors)")
  }

  @Test(arguments: [
    ["--bpm", "400"], ["--iterations", "-1"], ["--sample-rate", "5"], ["--start", "heap"],
    ["--mel-steps", "1001"], ["--count", "0"], ["--consistency", "fft"],
  ])
  func whatIsNotPossible(_ options: [String]) throws {
    let runner = try CommandRunner()
    try prepare(runner)
    let outcome = try run(
      runner, ["resynthesize", "breaks.vamen", "--out", "loops", "--device", "cpu"] + options)
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.errors.contains(options[0]), "\(outcome.errors)")
  }
}
