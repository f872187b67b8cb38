import BreakbeatTraining
import Foundation
import SpectralAudio
import Testing

@Suite("Audio files")
struct AudioFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func code(_ path: String) -> TrainingDataError? {
    do throws(TrainingDataError) {
      _ = try BreakSource(contentsOf: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("each unusable file gives one error with its name and a remedy")
  func badFiles() throws {
    let good = wav(clicks(seconds: 2))
    var notANumber = clicks(seconds: 2)
    notANumber[1000] = .nan
    let cases: [(String, [UInt8], TrainingDataError.Code)] = [
      ("empty.wav", [], .empty),
      ("text.wav", Array("this is no sound".utf8), .notAudio),
      ("header only.wav", Array(good.prefix(44)), .truncated),
      ("cut.wav", Array(good.prefix(good.count / 2)), .truncated),
      ("cut in the header.wav", Array(good.prefix(20)), .notAudio),
      ("no samples.wav", wav([]), .empty),
      ("one sample.wav", wav([0.5]), .tooShort),
      ("nan.wav", wav(notANumber), .notFinite),
      ("silence.wav", wav([Float](repeating: 0, count: 88_200)), .silent),
      ("constant.wav", wav([Float](repeating: 0.5, count: 88_200)), .silent),
      ("long and silent.wav", wav([Float](repeating: 0.1, count: 400_000), rate: 1_000), .silent),
    ]
    for (name, bytes, expected) in cases {
      let path = try folder.write(name, bytes)
      let error = try #require(code(path), "\(name)")
      #expect(error.code == expected, "\(name): \(error)")
      #expect(error.message.contains(name) && !error.remedy.isEmpty, "\(error)")
    }
    #expect(code(folder("absent.wav"))?.code == .missing)
    #expect(code(folder.path)?.code == .notAudio)
  }

  @Test("a cut FLAC file is noticed")
  func cutFLAC() throws {
    guard let path = RealBreaks.path("loop_amen") else { return }
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let cut = try folder.write("cut.flac", Array(bytes.prefix(bytes.count / 2)))
    #expect(code(cut)?.code == .truncated)
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
  func unreadable() throws {
    let path = try folder.write("secret.wav", wav(clicks(seconds: 2)))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(code(path)?.code == .unreadable)
  }

  @Test("channels are mixed by their mean, at any rate")
  func mixing() throws {
    let left = clicks(seconds: 2, rate: 8_000)
    let interleaved = left.flatMap { (sample: Float) -> [Float] in
      [sample, 0, sample, -sample, sample, sample]
    }
    let path = try folder.write("surround.wav", wav(interleaved, rate: 8_000, channels: 6))
    let waveform = try Waveform(contentsOf: path)
    #expect(waveform.sampleRate == 8_000)
    #expect(waveform.samples.count == left.count)
    for index in stride(from: 0, to: left.count, by: 97) {
      #expect(abs(waveform.samples[index] - left[index] / 2) < 1e-6)
    }
  }

  @Test("folders are searched once, loops of links end, reasons are kept")
  func folders() throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder("deep/er"), withIntermediateDirectories: true)
    try folder.write("deep/er/ブレイク 120bpm.wav", wav(clicks(seconds: 2)))
    try folder.write("deep/zz copy.wav", wav(clicks(seconds: 2)))
    try folder.write("deep/readme.txt", Array("hello".utf8))
    try manager.createSymbolicLink(atPath: folder("deep/er/up"), withDestinationPath: folder.path)
    try manager.createSymbolicLink(atPath: folder("dangling"), withDestinationPath: "nowhere")
    let found = try BreakCollection(contentsOf: [folder.path, folder("deep")])
    #expect(found.breaks.map(\.name) == ["ブレイク 120bpm"])
    #expect(found.breaks.first?.tempo.origin == .fileName)
    let reasons = Dictionary(
      uniqueKeysWithValues: found.skipped.map {
        ($0.path.split(separator: "/").last, $0.reason.code)
      })
    #expect(reasons == ["readme.txt": .notAudio, "zz copy.wav": .duplicate, "dangling": .missing])
  }

  @Test("nothing usable is one error that says what was tried")
  func nothingUsable() throws {
    #expect {
      _ = try BreakCollection(contentsOf: [folder.path])
    } throws: { ($0 as? TrainingDataError)?.code == .nothingUsable }
    try folder.write("a.txt", Array("a".utf8))
    try folder.write("b.wav", [])
    #expect {
      _ = try BreakCollection(contentsOf: [folder.path])
    } throws: { error in
      let error = error as? TrainingDataError
      return error?.code == .nothingUsable && error?.message.contains("2 files") == true
        && error?.message.contains("b.wav") == true
    }
    #expect {
      _ = try BreakCollection(contentsOf: [folder("b.wav")])
    } throws: { ($0 as? TrainingDataError)?.code == .empty }
    #expect {
      _ = try BreakCollection(contentsOf: [folder("absent")])
    } throws: { ($0 as? TrainingDataError)?.code == .missing }
    #expect {
      _ = try BreakCollection(contentsOf: [])
    } throws: { error in
      let error = error as? TrainingDataError
      return error?.code == .nothingUsable && error?.remedy == "name audio files or folders"
    }
    #expect {
      _ = try BreakCollection(contentsOf: [], alternative: "sing")
    } throws: { ($0 as? TrainingDataError)?.remedy.hasSuffix(", or sing") == true }
  }

  @Test("pipes, devices, links to nowhere and to themselves, odd names: each reported once")
  func oddEntries() throws {
    let manager = FileManager.default
    let fifo = mkfifo(folder("pipe.wav"), 0o600)
    #expect(fifo == 0)
    try manager.createDirectory(atPath: folder("folder.wav"), withIntermediateDirectories: true)
    for (name, target) in [
      ("zero.wav", "/dev/zero"), ("self.wav", "self.wav"), ("ping.wav", "pong.wav"),
      ("pong.wav", "ping.wav"), ("folder.wav/up", ".."),
    ] {
      try manager.createSymbolicLink(atPath: folder(name), withDestinationPath: target)
    }
    let foreign: [CChar] = folder.path.utf8CString.dropLast() + [0x2F, -1, -2, 0x2E, 0x77, 0]
    let descriptor = open(foreign, O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    try folder.write(".hidden.wav", [])
    let names = ["雷鼓.wav", "барабан.wav", "طبل.wav", "🥁 \u{1B}[2J\n.wav", "e\u{301}.wav"]
    for (index, name) in names.enumerated() {
      let sound = clicks(seconds: 2 + Double(index) / 100, rate: 8_000)
      try folder.write(name, wav(sound, rate: 8_000))
    }
    let found = try BreakCollection(contentsOf: [folder.path])
    #expect(found.breaks.count == 5)
    #expect(found.breaks.allSatisfy { !$0.name.contains("\n") && !$0.name.contains("\u{1B}") })
    #expect(found.hiddenCount == 1)
    let reasons = Dictionary(grouping: found.skipped, by: \.reason.code).mapValues(\.count)
    #expect(reasons == [.notAudio: 2, .unreadable: 4], "\(found.skipped)")
    for path in ["pipe.wav", "zero.wav"] { #expect(code(folder(path))?.code == .notAudio) }
  }

  @Test("low and high rates, many channels, offsets, clipping, insane levels are all usable")
  func unusual() throws {
    let sound = clicks(seconds: 2, rate: 8_000)
    let cases: [(String, [Float], Int, Int)] = [
      ("8 kHz.wav", sound, 8_000, 1),
      (
        "192 kHz.wav", clicks(seconds: 2, rate: 192_000).flatMap { [$0, 0, $0, 0, $0, $0] },
        192_000, 6
      ),
      ("offset.wav", sound.map { $0 * 0.2 + 0.7 }, 8_000, 1),
      ("clipped.wav", sound.map { max(-1, min(1, $0 * 20)) }, 8_000, 1),
      ("loud.wav", sound.map { $0 * 1e30 }, 8_000, 1),
      ("soft.wav", sound.map { $0 * 0.001 }, 8_000, 1),
    ]
    for (name, samples, rate, channels) in cases {
      let path = try folder.write(name, wav(samples, rate: rate, channels: channels))
      let source = try BreakSource(contentsOf: path)
      let loop = try LoopRandomizer([source], settings: .tiny, seed: 1).loop(at: 0)
      #expect(loop.samples.allSatisfy(\.isFinite) && abs(loop.peak - 1) < 1e-5, "\(name)")
      #expect(abs(source.tempo.duration - 2) < 0.05, "\(name): \(source.tempo.description)")
    }
  }

  @Test("of a long file the steadiest stretch is used, and found again")
  func longFile() throws {
    // Six minutes of noise with a minute of beats in it.
    var random = Noise(seed: 5)
    var samples = (0..<360 * 8_000).map { _ in Float(random.next()) * 0.05 }
    for second in stride(from: 200.0, to: 260, by: 0.5) {
      for offset in 0..<400 { samples[Int(second * 8_000) + offset] = offset % 8 < 4 ? 0.9 : -0.9 }
    }
    let path = try folder.write("mix.wav", wav(samples, rate: 8_000))
    let source = try BreakSource(contentsOf: path)
    #expect((200..<260).contains(source.tempo.downbeat), "\(source.tempo.description)")
    #expect(abs(source.tempo.beatsPerMinute - 120) < 1, "\(source.tempo.description)")
    let again = try BreakSource(contentsOf: path, tempo: source.tempo)
    #expect(try again.waveform == source.waveform)
  }

  @Test("files with changed bytes are read or refused, never a crash", arguments: ["wav", "flac"])
  func changedBytes(format: String) throws {
    var original = wav(clicks(seconds: 0.5, rate: 8_000), rate: 8_000)
    if format == "flac" {
      guard let path = RealBreaks.path("loop_breakbeat") else { return }
      original = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    }
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<(format == "flac" ? 40 : 400) {
      var bytes = original
      // Half of the changes hit the first 128 bytes, where the structure is.
      for _ in 0..<1 + random(6) {
        bytes[random(random(2) == 0 ? 128 : bytes.count)] = UInt8(random(256))
      }
      if random(4) == 0 { bytes.removeLast(random(bytes.count)) }
      let path = try folder.write("changed." + format, bytes)
      if let error = code(path) {
        #expect(error.message.contains(path) || error.message.contains("changed."))
      }
    }
  }
}

/// Numbers in -1..<1 that look random.
private struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }
}
