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
      ("long.wav", wav([Float](repeating: 0.1, count: 400_000), rate: 1_000), .tooLong),
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
    } throws: { ($0 as? TrainingDataError)?.code == .nothingUsable }
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
