import Breakbeats
import CSndfile
import Foundation
import NeuralNetworks
import ProgramRunner
import Tensors
import Testing

/// `sample`, `reconstruct` and `interpolate` with an untrained `tiny` model; what they write is read
/// by libsndfile.
@Suite struct GenerationTests {
  private let runner: CommandRunner

  init() throws {
    runner = try CommandRunner()
    try writeTinyModel(to: runner.path("model.safetensors"))
  }

  private func run(_ arguments: String...) throws -> CommandRunner.Outcome {
    let outcome = try CommandRunner.run(CommandRunner.program, arguments, in: runner.folder)
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  private func sample(_ out: String, _ more: String...) throws {
    let outcome = try CommandRunner.run(
      CommandRunner.program,
      [
        "sample", "model.safetensors", "--out", out, "--count", "2", "--seed", "9", "--device",
        "cpu", "--iterations", "2",
      ] + more, in: runner.folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(arguments: [160.0, nil])
  func samplersAndSequencersFindLoopAndTempo(_ bpm: Double?) throws {
    let tempo = bpm == nil ? 146.484375 : 146.484375 * 128 / 117
    let text = bpm == nil ? "146.48" : "160.26"
    for format in ["pcm16", "pcm24", "float32"] {
      let out = "\(format)-\(text)"
      if bpm == nil {
        try sample(out, "--wav-format", format)
      } else {
        try sample(out, "--wav-format", format, "--bpm", "160")
      }
      let file = try SoundFile(runner.path("\(out)/amen-seed9-001-\(text)bpm-0.5bars.wav"))
      #expect(file.info.samplerate == 10_000 && file.info.channels == 1)
      #expect(file.samples.count == (bpm == nil ? 8192 : 64 * 117))
      // libsndfile gives the sample after the last one played; a count of 0 is for ever.
      let played = SoundFile.Loop(
        mode: Int32(SF_LOOP_FORWARD), start: 0, end: UInt32(file.samples.count), count: 0)
      #expect(file.samplerLoops == [played])
      let loop = try #require(file.loop, "no acid chunk")
      #expect(abs(Double(loop.bpm) - tempo) < 1e-3 && loop.num_beats == 2)
      #expect(loop.time_sig_num == 4 && loop.time_sig_den == 4)
    }
  }

  /// README's sound examples: every file is there, none is silent, and no other sound is like it.
  @Test func theScriptMakesEverySoundThatReadmeDescribes() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let described = readme.matches(of: /\| `(\w+)\.wav` \|/).map { String($0.output.1) }
    #expect(described.count > 5)
    let folder = try TrainingFolder()
    try #require(try folder.train(steps: 4).status == 0)
    let runner = folder.runner
    try runner.write(waveFile(clicks), to: "clicks.wav")
    let outcome = try CommandRunner.run(
      package.appending(path: "Examples/sounds.sh"), ["run", "clicks.wav", "sounds"],
      environment: [
        "VAMEN": CommandRunner.program.path, "VAMEN_DEVICE": "cpu", "ITERATIONS": "1",
      ], in: runner.folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(
      runner.names(in: "sounds") == (described.map { "\($0).wav" } + ["index.html"]).sorted())
    let page = try String(contentsOfFile: runner.path("sounds/index.html"), encoding: .utf8)
    var heard: Set<[Int32]> = []
    for name in described {
      let sound = try SoundFile(runner.path("sounds/\(name).wav"))
      #expect(sound.samples.contains { $0 != 0 } && page.contains("src=\"\(name).wav\""), "\(name)")
      #expect(heard.insert(sound.samples).inserted, "\(name)")
    }
    let again = try CommandRunner.run(
      package.appending(path: "Examples/sounds.sh"), ["run", "clicks.wav", "sounds"],
      environment: ["VAMEN": CommandRunner.program.path], in: runner.folder)
    #expect(again.status == 1 && again.errors.contains("sounds exists already"))
  }

  @Test func theSameSamplesInEveryFormat() throws {
    try sample("wav")
    try sample("wav24", "--wav-format", "pcm24")
    try sample("flac", "--format", "flac")
    try sample("flac24", "--format", "flac", "--wav-format", "pcm24")
    try sample("ogg", "--format", "ogg")
    func file(_ folder: String, _ ending: String) throws -> SoundFile {
      try SoundFile(runner.path("\(folder)/amen-seed9-000-146.48bpm-0.5bars.\(ending)"))
    }
    let (wav, flac) = (try file("wav", "wav"), try file("flac", "flac"))
    try sample("named", "--name", "my break")
    let named = try SoundFile(runner.path("named/my break-seed9-000-146.48bpm-0.5bars.wav"))
    #expect(named.samples == wav.samples)
    #expect(wav.samples == flac.samples && wav.samples.contains { $0 != 0 })
    #expect(Int(flac.info.format) == SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    #expect(try file("wav24", "wav").samples == file("flac24", "flac").samples)
    #expect(try file("wav24", "wav").samples != wav.samples)
    let ogg = try file("ogg", "ogg")
    #expect(Int(ogg.info.format) == SF_FORMAT_OGG | SF_FORMAT_VORBIS)
    #expect(ogg.samples.count == wav.samples.count)
    let power = { (values: [Int32]) in values.reduce(0.0) { $0 + Double($1) * Double($1) } }
    let error = zip(ogg.samples, wav.samples).map { ($0 >> 1) - ($1 >> 1) }
    #expect(4 * power(error) < 0.2 * power(wav.samples), "\(power(error) / power(wav.samples))")
    for file in [flac, ogg] { #expect(file.comment == "146.48 bpm, 0.5 bars, loop") }
    // At another rate, in the same folder, under the same name.
    try sample("ogg", "--format", "ogg", "--sample-rate", "44100")
    #expect(try file("ogg", "ogg").info.samplerate == 44_100)
    try sample("flac", "--format", "flac", "--sample-rate", "384000")
    #expect(try file("flac", "flac").info.samplerate == 384_000)
  }

  @Test(arguments: [
    ["--format", "flac", "--wav-format", "float32"], ["--format", "ogg", "--wav-format", "pcm24"],
    ["--format", "ogg", "--sample-rate", "300000"], ["--format", "flac", "--sample-rate", "96001"],
    ["--format", "mp3"], ["--sample-rate", "nan"], ["--sample-rate", "44100.4"], ["--bpm", "5"],
    ["--iterations", "-1"],
  ])
  func impossibleFormatsAreWrongUsage(_ more: [String]) throws {
    let outcome = try CommandRunner.run(
      CommandRunner.program, ["sample", "model.safetensors", "--out", "x"] + more,
      in: runner.folder)
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(runner.names() == ["model.safetensors"])
  }

  /// Filters overshoot; what is written is scaled down to full scale, and nothing is clipped.
  @Test func resampledLoopsAreNotBeyondFullScale() throws {
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let folders: [(String, [String])] = [("own", []), ("other", ["--sample-rate", "44100"])]
    for (folder, more) in folders {
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        [
          "reconstruct", "model.safetensors", "clicks-1bar.wav", "--out", folder, "--device", "cpu",
          "--iterations", "2", "--wav-format", "float32",
        ] + more, in: runner.folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      for kind in ["original", "roundtrip", "model"] {
        let file = runner.path("\(folder)/clicks-\(kind)-146.48bpm-0.5bars.wav")
        let peak = try SoundFile.peak(of: file)
        #expect(peak > 0 && peak <= 1, "\(file): \(peak)")
        if kind == "original" { #expect(peak == 1, "\(file)") }
      }
    }
  }

  /// Names, lines and chunks tell the tempo that a file's own rate and number of samples have.
  @Test func theTempoIsThatOfTheFile() throws {
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let commands = [
      ["sample", "model.safetensors", "--count", "2", "--seed", "9", "--bpm", "292"],
      [
        "interpolate", "model.safetensors", "--from", "seed:1", "--to", "seed:2", "--steps", "2",
        "--bpm", "160",
      ],
      ["reconstruct", "model.safetensors", "clicks-1bar.wav", "--bpm", "292"],
    ]
    for command in commands {
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        command + [
          "--sample-rate", "1000", "--out", "slow", "--iterations", "0", "--device", "cpu",
          "--json",
        ], in: runner.folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      var told = 0
      for line in outcome.output.split(separator: "\n") {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let values = try #require(object as? [String: Any])
        for (name, tempo) in [
          ("loop", "beatsPerMinute"), ("morph", "beatsPerMinute"), ("model", "beatsPerMinute"),
          ("original", "originalBeatsPerMinute"),
        ] {
          guard let path = values[name] as? String else { continue }
          told += 1
          let file = try SoundFile(runner.path(path))
          let bars = try #require(values["bars"] as? Double)
          let expected = 240 * bars * 1000 / Double(file.samples.count)
          #expect(abs((values[tempo] as? Double ?? 0) - expected) < 1e-9, "\(line)")
          #expect(abs(Double(file.loop?.bpm ?? 0) - expected) < 1e-4, "\(line)")
          #expect(path.contains("-\(String(format: "%.2f", expected))bpm-"), "\(line)")
        }
      }
      #expect(told >= 2, "\(outcome.output)")
    }
  }

  @Test func oneLoopIsSingular() throws {
    let outcome = try run(
      "sample", "model.safetensors", "--out", "one", "--count", "1", "--seed", "9", "--iterations",
      "1", "--device", "cpu")
    #expect(outcome.errors.contains("\n1 loop in "), "\(outcome.errors)")
    #expect(outcome.errors.contains(", 1 iteration\n"), "\(outcome.errors)")
  }

  /// Many loops are written part by part: names, lines and sounds are those of one part.
  @Test func manyLoopsAreWrittenInParts() throws {
    let outcome = try run(
      "sample", "model.safetensors", "--out", "many", "--count", "129", "--seed", "9", "--device",
      "cpu", "--iterations", "0", "--grid", "2x1", "--json")
    let lines = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.compactMap { $0["index"] as? Int } == Array(0..<129))
    #expect(lines.count == 130 && lines.last?["grid"] as? String == "many/grid.png")
    let told = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Drawing ") }
    let wanted = (1...16).map { "Drawing \(8 * $0)/129" } + ["Drawing 129/129"]
    #expect(told.map(String.init) == wanted)
    // The ends of both parts, drawn again from their latents.
    for (from, to) in [(0, 63), (64, 128)] {
      let out = "from-\(from)"
      _ = try run(
        "interpolate", "model.safetensors", "--from", "seed:9:\(from)", "--to", "seed:9:\(to)",
        "--steps", "2", "--out", out, "--device", "cpu", "--iterations", "0")
      for (step, index) in [from, to].enumerated() {
        let number = String(repeating: "0", count: 3 - "\(index)".count) + "\(index)"
        let sound = try SoundFile(runner.path("many/amen-seed9-\(number)-146.48bpm-0.5bars.wav"))
        let again = try SoundFile(runner.path("\(out)/step-00\(step)-146.48bpm-0.5bars.wav"))
        #expect(sound.samples == again.samples, "\(index)")
      }
    }
  }

  /// The lines of a run, results and messages in the order they were written.
  private func said(_ arguments: String...) throws -> [String] {
    let outcome = try CommandRunner.run(
      URL(filePath: "/bin/sh"),
      ["-c", "exec \"$0\" \"$@\" 2>&1", CommandRunner.program.path] + arguments,
      in: runner.folder)
    try #require(outcome.status == 0, "\(arguments): \(outcome.output)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  /// Many steps are written part by part: the morph is all of them, on the way from end to end.
  @Test func manyStepsAreWrittenInParts() throws {
    let lines = try said(
      "interpolate", "model.safetensors", "--from", "seed:9", "--to", "seed:9:1", "--steps", "128",
      "--out", "long", "--device", "cpu", "--iterations", "0", "--json")
    let told = lines.filter { $0.hasPrefix("Drawing ") }
    #expect(told == (1...16).map { "Drawing \(8 * $0)/128" })
    let second = try #require(lines.firstIndex(of: "Drawing 72/128"))
    #expect(lines[..<second].count { $0.contains("\"loop\"") } == 64)
    let steps = try lines.filter { $0.contains("\"loop\"") }.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let positions = steps.compactMap { $0["position"] as? Double }
    try #require(positions.count == 128)
    #expect(positions.enumerated().allSatisfy { abs($1 - Double($0) / 127) < 1e-9 })
    let latents = steps.compactMap { $0["latents"] as? [Double] }
    try #require(latents.count == 128)
    for index in [63, 64] {
      for (place, value) in latents[index].enumerated() {
        let way = latents[127][place] - latents[0][place]
        #expect(abs(latents[0][place] + way * Double(index) / 127 - value) < 1e-5, "\(index)")
      }
    }
    let whole = try SoundFile(runner.path("long/morph-146.48bpm-64bars.wav"))
    #expect(whole.samples.count == 128 * 8192)
    for index in [0, 63, 64, 127] {
      let number = String(repeating: "0", count: 3 - "\(index)".count) + "\(index)"
      let step = try SoundFile(runner.path("long/step-\(number)-146.48bpm-0.5bars.wav"))
      #expect(whole.samples[index * 8192..<(index + 1) * 8192] == step.samples[...], "\(index)")
    }
    #expect(lines.last == "{\"grid\":\"long/grid.png\"}")
  }

  /// Many sources are written part by part, with the sounds that each has on its own.
  @Test func manySourcesAreWrittenInParts() throws {
    try FileManager.default.createDirectory(
      at: runner.folder.appending(path: "in"), withIntermediateDirectories: true)
    for index in 10..<43 {
      // No two files alike: copies are skipped.
      var samples = clicks
      samples[0] = Int16(index)
      try runner.write(waveFile(samples), to: "in/take\(index)-1bar-120bpm.wav")
    }
    let lines = try said(
      "reconstruct", "model.safetensors", "in", "--out", "back", "--device", "cpu",
      "--iterations", "0")
    let told = lines.filter { $0.hasPrefix("Reconstructing ") }
    #expect(told == [8, 16, 24, 32, 33].map { "Reconstructing \($0)/33" })
    let second = try #require(lines.firstIndex(of: "Reconstructing 24/33"))
    let takes = lines[..<second].filter { $0.contains("-original-") }
    #expect(takes == (10..<26).map { "back/take\($0)-original-146.48bpm-0.5bars.wav" })
    #expect(lines.count { $0.contains("-original-") } == 33)
    #expect(lines.last == "back/reconstruction.png")
    _ = try said(
      "reconstruct", "model.safetensors", "in/take26-1bar-120bpm.wav", "--out", "one", "--device",
      "cpu", "--iterations", "0")
    for kind in ["original", "roundtrip", "model"] {
      let name = "take26-\(kind)-146.48bpm-0.5bars.wav"
      let sounds = try ["back", "one"].map { try SoundFile(runner.path("\($0)/\(name)")).samples }
      #expect(sounds[0] == sounds[1], "\(kind)")
    }
    // Nine rows of pairs, a blank place for each of the three that are missing in the last.
    let grid = runner.folder.appending(path: "back/reconstruction.png")
    let bytes = [UInt8](try Data(contentsOf: grid))
    let word = { (at: Int) in bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(word(16) == 4 * (64 + 4) + 4 && word(20) > 18 * (64 + 4))
  }

  @Test func whatWasDrawnBeforeAnEndIsKept() throws {
    let running = try RunningProgram(
      CommandRunner.program,
      [
        "sample", "model.safetensors", "--out", "cut", "--count", "10000", "--seed", "9",
        "--device", "cpu", "--iterations", "0",
      ], in: runner.folder, errors: runner.folder.appending(path: "errors.txt"))
    func hasLoop() -> Bool { runner.names(in: "cut").contains { $0.hasSuffix("bars.wav") } }
    let deadline = ContinuousClock.now + .seconds(120)
    while !hasLoop() && !running.hasEnded() && ContinuousClock.now < deadline { usleep(2000) }
    running.send(SIGINT)
    #expect(try running.wait(atMost: 60) == 128 + SIGINT)
    #expect(hasLoop())
    let errors = try String(contentsOfFile: runner.path("errors.txt"), encoding: .utf8)
    #expect(errors.contains("Drawing 64/10000") && !errors.contains("10000/10000"))
  }

  @Test(arguments: [["--bpm", "20"], ["--direction", "1=+1"]])
  func whatCannotBeDrawnLeavesNoFolder(_ more: [String]) throws {
    let outcome = try CommandRunner.run(
      CommandRunner.program,
      ["sample", "model.safetensors", "--out", "none", "--device", "cpu"] + more,
      in: runner.folder)
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(runner.names() == ["model.safetensors"])
  }

  /// Tempos and folders that cannot be are refused before sources are pictured and loops drawn.
  @Test(arguments: [
    ["reconstruct", "clicks-1bar.wav", "--out", "none", "--bpm", "900"],
    ["reconstruct", "clicks-1bar.wav", "--out", "model.safetensors/none"],
    [
      "interpolate", "--from", "clicks-1bar.wav", "--to", "seed:1", "--out", "none", "--bpm",
      "900",
    ],
    [
      "interpolate", "--from", "seed:1", "--to", "seed:2", "--out", "model.safetensors/none",
      "--steps", "10000", "--iterations", "1000",
    ],
  ])
  func refusalsComeBeforeTheWork(_ arguments: [String]) throws {
    try runner.write(waveFile(clicks), to: "clicks-1bar.wav")
    let running = try RunningProgram(
      CommandRunner.program,
      [arguments[0], "model.safetensors"] + arguments.dropFirst() + ["--device", "cpu"],
      in: runner.folder, errors: runner.folder.appending(path: "errors.txt"))
    #expect(try running.wait(atMost: 60) == 1)
    let errors = try String(contentsOfFile: runner.path("errors.txt"), encoding: .utf8)
    let reason = arguments.contains("900") ? "900" : "model.safetensors/none"
    #expect(errors.contains(reason) && !errors.contains("Source "), "\(errors)")
    #expect(runner.names() == ["clicks-1bar.wav", "errors.txt", "model.safetensors"])
  }

  /// Pictures of another reference level would be dots at wrong places.
  @Test func aDataSetOfOtherPicturesIsNotExplored() throws {
    let runner = try TrainingFolder().runner
    try writeTinyModel(to: runner.path("model.safetensors"))
    let running = try RunningProgram(
      CommandRunner.program,
      [
        "explore", "model.safetensors", "--data", "breaks.vamen", "--port", "0", "--device", "cpu",
      ], in: runner.folder, errors: runner.folder.appending(path: "errors.txt"))
    #expect(try running.wait(atMost: 60) == 1)
    let errors = try String(contentsOfFile: runner.path("errors.txt"), encoding: .utf8)
    #expect(errors.contains("breaks.vamen: the reference level of its pictures"), "\(errors)")
  }

  @Test func theGridIsLabelled() throws {
    try sample("loops", "--grid", "2x1")
    let bytes = [UInt8](try Data(contentsOf: runner.folder.appending(path: "loops/grid.png")))
    let word = { (at: Int) in bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(word(16) == 2 * (64 + 4) + 4)
    // A line below the pictures, one below all.
    #expect(word(20) >= 64 + 8 + 2 * 10)
  }

  @Test func interpolationsBeginAndEndWithTheLoopsOfTheirSeeds() throws {
    try sample("loops")
    for way in [[], ["--spherical"]] {
      let outcome = try CommandRunner.run(
        CommandRunner.program,
        [
          "interpolate", "model.safetensors", "--from", "seed:9", "--to", "seed:9:1", "--steps",
          "3", "--out", "way", "--device", "cpu", "--iterations", "2", "--json",
        ] + way, in: runner.folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let name = { (index: Int) in "way/step-00\(index)-146.48bpm-0.5bars.wav" }
      for (index, drawn) in [(0, "000"), (2, "001")] {
        #expect(
          FileManager.default.contentsEqual(
            atPath: runner.path(name(index)),
            andPath: runner.path("loops/amen-seed9-\(drawn)-146.48bpm-0.5bars.wav")))
      }
      let whole = try SoundFile(runner.path("way/morph-146.48bpm-1.5bars.wav"))
      #expect(whole.samples.count == 3 * 8192)
      #expect(Array(whole.samples[8192..<16384]) == (try SoundFile(runner.path(name(1)))).samples)
      let lines = try outcome.output.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(lines.compactMap { $0["position"] as? Double } == [0, 0.5, 1])
      #expect((lines[1]["latents"] as? [Double])?.count == 32)
      for line in lines.prefix(4) {
        #expect(abs((line["beatsPerMinute"] as? Double ?? 0) - 146.484375) < 1e-9, "\(line)")
        #expect(line["isSpherical"] as? Bool == !way.isEmpty, "\(line)")
        let ends = ["from", "to"].compactMap { line[$0] as? [String: Int] }
        #expect(ends == [["seed": 9, "index": 0], ["seed": 9, "index": 1]], "\(line)")
      }
      #expect(lines.compactMap { $0["bars"] as? Double } == [0.5, 0.5, 0.5, 1.5])
      #expect(lines.contains { $0["grid"] as? String == "way/grid.png" })
    }
  }

  @Test func soundsAreReconstructedAndInterpolated() throws {
    try runner.write(waveFile(clicks), to: "clicks-1bar-120bpm.wav")
    try runner.write(waveFile(clicks.reversed()), to: "back-1bar-120bpm.wav")
    try runner.write(Array("no sound".utf8), to: "notes.txt")
    let outcome = try run(
      "reconstruct", "model.safetensors", ".", "--out", "back", "--device", "cpu", "--iterations",
      "4", "--json")
    #expect(outcome.errors.contains("Skipped") && outcome.errors.contains("notes.txt"))
    let lines = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.count == 3)
    let name = "clicks-1bar-120bpm"
    let line = try #require(lines.first { $0["name"] as? String == name })
    let comparison = try #require(line["comparison"] as? [String: Any])
    let roundTrip = try #require(comparison["roundTrip"] as? [String: Any])
    #expect(roundTrip["onsetCorrelation"] as? Double ?? 0 > 0.8, "\(comparison)")
    #expect(comparison["squaredError"] as? Double ?? 0 > 0)
    #expect(line["bars"] as? Double == 0.5)
    for name in ["originalBeatsPerMinute", "beatsPerMinute"] {
      #expect(abs((line[name] as? Double ?? 0) - 146.484375) < 1e-9, "\(line)")
    }
    for kind in ["original", "roundtrip", "model"] {
      let file = try SoundFile(runner.path("back/clicks-\(kind)-146.48bpm-0.5bars.wav"))
      #expect(file.samples.count == 8192 && file.loop != nil)
    }
    #expect(runner.names(in: "back").contains("reconstruction.png"))

    let morph = try run(
      "interpolate", "model.safetensors", "--from", "\(name).wav", "--to", "seed:3", "--steps", "2",
      "--out", "morph", "--device", "cpu", "--iterations", "2", "--format", "flac")
    #expect(morph.output.contains("morph/morph-146.48bpm-1bar.flac"))
    // The first step is what the model makes of the sound.
    let text = try run(
      "reconstruct", "model.safetensors", "\(name).wav", "--out", "one", "--device", "cpu",
      "--iterations", "2")
    #expect(text.output.contains("onset correlation"))
    #expect(
      try SoundFile(runner.path("morph/step-000-146.48bpm-0.5bars.flac")).samples
        == SoundFile(runner.path("one/clicks-model-146.48bpm-0.5bars.wav")).samples)
  }

  @Test(arguments: [
    ["--from", "seed:x", "--to", "seed:1"], ["--from", "seed:1", "--to", "seed:1:2:3"],
    ["--from", "seed:1", "--to", "seed:2", "--steps", "1"], ["--from", "seed:1"],
  ])
  func impossibleEndsAreWrongUsage(_ more: [String]) throws {
    let outcome = try CommandRunner.run(
      CommandRunner.program, ["interpolate", "model.safetensors", "--out", "x"] + more,
      in: runner.folder)
    #expect(outcome.status == 2, "\(outcome.errors)")
    let missing = try runner.vamen(
      "interpolate", "model.safetensors", "--out", "x", "--from", "none.wav", "--to", "seed:1")
    #expect(missing.status == 1 && missing.errors.contains("none.wav"), "\(missing.errors)")
  }
}

/// Writes an untrained `tiny` model.
func writeTinyModel(to path: String) throws {
  let parameters = Parameters(from: RandomParameters(seed: 3), on: CPUBackend())
  _ = try BreakbeatVAE(.tiny, parameters)
  try ModelFile.write(.tiny, variables: parameters.variables, latents: nil, to: path)
}

/// A sound file as libsndfile reads it.
struct SoundFile {
  let info: SF_INFO
  /// The samples with their highest bit at the top.
  let samples: [Int32]
  /// What the `smpl` chunk says.
  let samplerLoops: [Loop]
  /// The `acid` chunk.
  let loop: SF_LOOP_INFO?
  let comment: String?

  /// An element of `SF_INSTRUMENT.loops`, whose C type has no name.
  struct Loop: Equatable {
    var mode: Int32
    var start: UInt32
    var end: UInt32
    var count: UInt32
  }

  init(_ path: String) throws {
    var info = SF_INFO()
    let file = try #require(
      sf_open(path, Int32(SFM_READ), &info), "\(path): \(String(cString: sf_strerror(nil)))")
    defer { sf_close(file) }
    self.info = info
    // Before the samples, as a player would ask.
    var instrument = [UInt8](repeating: 0, count: MemoryLayout<SF_INSTRUMENT>.size)
    let hasInstrument = sf_command(
      file, Int32(SFC_GET_INSTRUMENT), &instrument, Int32(instrument.count))
    samplerLoops = instrument.withUnsafeBytes { bytes in
      let count = hasInstrument == 0 ? 0 : Int(bytes.load(fromByteOffset: 12, as: Int32.self))
      return (0..<count).map { index in
        let place = 16 + 16 * index
        return Loop(
          mode: bytes.load(fromByteOffset: place, as: Int32.self),
          start: bytes.load(fromByteOffset: place + 4, as: UInt32.self),
          end: bytes.load(fromByteOffset: place + 8, as: UInt32.self),
          count: bytes.load(fromByteOffset: place + 12, as: UInt32.self))
      }
    }
    var loop = SF_LOOP_INFO()
    let hasLoop = sf_command(
      file, Int32(SFC_GET_LOOP_INFO), &loop, Int32(MemoryLayout<SF_LOOP_INFO>.size))
    self.loop = hasLoop != 0 ? loop : nil
    comment = sf_get_string(file, Int32(SF_STR_COMMENT)).map { String(cString: $0) }
    var samples = [Int32](repeating: 0, count: Int(info.frames))
    #expect(sf_readf_int(file, &samples, info.frames) == info.frames)
    self.samples = samples
  }

  /// The largest absolute sample of a file, full scale being 1.
  static func peak(of path: String) throws -> Float {
    var info = SF_INFO()
    let file = try #require(
      sf_open(path, Int32(SFM_READ), &info), "\(path): \(String(cString: sf_strerror(nil)))")
    defer { sf_close(file) }
    var samples = [Float](repeating: 0, count: Int(info.frames))
    #expect(sf_readf_float(file, &samples, info.frames) == info.frames)
    return samples.reduce(0) { max($0, abs($1)) }
  }
}
