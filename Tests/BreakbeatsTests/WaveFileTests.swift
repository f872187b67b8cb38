import Breakbeats
import SpectralAudio
import Testing

@Suite struct WaveFileTests {
  let ramp = Waveform(samples: [0, 0.5, -0.5, 1, -1, 2, -2, 0.1, 0.25], sampleRate: 10_000)

  @Test func sixteenBitSamplesRoundTripAndClip() throws {
    let file = try ChunkReader(WaveFile.bytes(of: ramp, bars: 2))
    let data = file["data"]
    let samples = stride(from: 0, to: data.count, by: 2).map {
      Int16(truncatingIfNeeded: Int(data[$0]) | Int(data[$0 + 1]) << 8)
    }
    #expect(samples == [0, 16384, -16384, 32767, -32768, 32767, -32768, 3277, 8192])
  }

  @Test func twentyFourBitSamplesRoundTrip() throws {
    let data = try ChunkReader(WaveFile.bytes(of: ramp, bars: nil, format: .pcm24))["data"]
    #expect(data.count == 27)
    #expect(Array(data[3..<6]) == [0, 0, 0x40])
    #expect(Array(data[12..<15]) == [0, 0, 0x80])
    #expect(Array(data[15..<18]) == [0xFF, 0xFF, 0x7F])
  }

  @Test func floatSamplesAreExact() throws {
    let file = try ChunkReader(WaveFile.bytes(of: ramp, bars: nil, format: .float32))
    let data = file["data"]
    let samples = (0..<9).map { index in
      Float(bitPattern: file.word(data, at: 4 * index))
    }
    #expect(samples == ramp.samples)
    #expect(file.word(file["fact"], at: 0) == 9)
    #expect(file["fmt "][0] == 3)
  }

  @Test func chunksHoldTheLoopAndTheTempo() throws {
    let loop = Waveform(samples: [Float](repeating: 0, count: 32_768), sampleRate: 10_000)
    let file = try ChunkReader(WaveFile.bytes(of: loop, bars: 2))
    #expect(file.word(file["fmt "], at: 4) == 10_000)
    let sampler = file["smpl"]
    #expect(sampler.count == 60)
    #expect(file.word(sampler, at: 8) == 100_000)  // nanoseconds a sample
    #expect(file.word(sampler, at: 28) == 1)  // loops
    #expect(file.word(sampler, at: 44) == 0)
    #expect(file.word(sampler, at: 48) == 32_767)
    let acid = file["acid"]
    #expect(acid.count == 24)
    #expect(file.word(acid, at: 0) == 4)  // stretched; neither a one-shot nor with a root note
    #expect(file.word(acid, at: 12) == 8)  // beats
    let tempo = Float(bitPattern: file.word(acid, at: 20))
    #expect(abs(tempo - 146.484) < 0.001)
  }

  @Test(arguments: [(0.125, 0), (0.25, 1), (0.3, 0), (0.75, 3), (1, 4)] as [(Double, UInt32)])
  func onlyWholeBeatsHaveATempoChunk(_ bars: Double, _ beats: UInt32) throws {
    let file = try ChunkReader(WaveFile.bytes(of: ramp, bars: bars))
    let tempo = beats > 0 ? ["acid"] : []
    #expect(file.names == ["fmt ", "smpl"] + tempo + ["data"])
    #expect(beats == 0 || file.word(file["acid"], at: 12) == beats)
  }

  @Test func soundThatIsNoLoopHasNoLoopChunks() throws {
    let file = try ChunkReader(WaveFile.bytes(of: ramp, bars: nil))
    #expect(file.names == ["fmt ", "data"])
  }

  @Test func samplesThatAreNotNumbersAreRefused() {
    let broken = Waveform(samples: [0, .nan], sampleRate: 10_000)
    #expect(throws: BreakbeatError.self) { try WaveFile.bytes(of: broken, bars: 1) }
  }

  @Test(
    arguments: [
      (0.4, .pcm16), (2_147_483_648, .pcm16), (4_294_967_296, .pcm16), (1e300, .pcm16),
      (1_431_655_766, .pcm24), (1_073_741_824, .float32),
    ] as [(Double, WaveFile.SampleFormat)])
  func sampleRatesWithoutANumberAreRefused(_ rate: Double, _ format: WaveFile.SampleFormat) {
    let sound = Waveform(samples: [0, 0.5], sampleRate: rate)
    let error = #expect(throws: BreakbeatError.self) {
      try WaveFile.bytes(of: sound, bars: 1, format: format)
    }
    #expect(error?.code == .cannotEncode)
    #expect(error?.message.contains("sample rate of \(rate) Hz") == true)
  }

  @Test(
    arguments: [
      (0.5, 1, .pcm16), (2_147_483_647, 2_147_483_647, .pcm16),
      (1_431_655_765, 1_431_655_765, .pcm24), (1_073_741_823.4, 1_073_741_823, .float32),
    ] as [(Double, UInt32, WaveFile.SampleFormat)])
  func sampleRatesAreWhole(
    _ rate: Double, _ whole: UInt32, _ format: WaveFile.SampleFormat
  ) throws {
    let sound = Waveform(samples: [0, 0.5], sampleRate: rate)
    let file = try ChunkReader(WaveFile.bytes(of: sound, bars: 1, format: format))
    #expect(file.word(file["fmt "], at: 4) == whole)
  }

  @Test(arguments: [
    (
      LoopFileName(seed: 7, index: 3, beatsPerMinute: 146.484, bars: 4),
      "amen-seed7-003-146.48bpm-4bars.wav"
    ),
    (
      LoopFileName(seed: nil, index: 1234, beatsPerMinute: 99.999, bars: 1),
      "amen-1234-100.00bpm-1bar.wav"
    ),
    (
      LoopFileName(stem: "x", seed: 0, index: 0, beatsPerMinute: 80.05, bars: 0.5),
      "x-seed0-000-80.05bpm-0.5bars.wav"
    ),
  ])
  func fileNames(_ name: LoopFileName, _ expected: String) {
    #expect(name.description == expected)
  }

  @Test(
    arguments: [
      (.nan, 2, "nanbpm-2bars"), (.infinity, 1, "infbpm-1bar"), (-.infinity, 1, "-infbpm-1bar"),
      (1e300, 1e300, "1e+300bpm-1e+300bars"), (120, .infinity, "120.00bpm-infbars"),
      (120, .nan, "120.00bpm-nanbars"), (-0.5, 0.5, "-0.50bpm-0.5bars"),
      (-0.001, 1, "0.00bpm-1bar"),
    ] as [(Double, Double, String)])
  func namesOfAnyTempo(_ beatsPerMinute: Double, _ bars: Double, _ expected: String) {
    #expect(LoopFileName.tempo(beatsPerMinute: beatsPerMinute, bars: bars) == expected)
  }

  /// The tempo follows from the rate that the header holds, which is a whole number.
  @Test func theTempoIsThatOfTheWholeSampleRate() throws {
    let loop = Waveform(samples: [Float](repeating: 0, count: 500), sampleRate: 999.6)
    let file = try ChunkReader(WaveFile.bytes(of: loop, bars: 0.5))
    #expect(file.word(file["fmt "], at: 4) == 1000)
    #expect(WaveFile.beatsPerMinute(of: loop, bars: 0.5) == 240)
    #expect(Float(bitPattern: file.word(file["acid"], at: 20)) == 240)
  }

  @Test func oneOfAThingIsSingular() {
    #expect([0, 1, 2].map { counted($0, "loop") } == ["0 loops", "1 loop", "2 loops"])
    #expect([0.5, 1, 2].map { counted(bars: $0) } == ["0.5 bars", "1 bar", "2 bars"])
  }
}

/// The chunks of a WAV file.
private struct ChunkReader {
  private(set) var names: [String] = []
  private var chunks: [String: ArraySlice<UInt8>] = [:]

  init(_ bytes: [UInt8]) throws {
    #expect(Array(bytes[0..<4]) == Array("RIFF".utf8))
    #expect(Array(bytes[8..<12]) == Array("WAVE".utf8))
    #expect(word(bytes[...], at: 4) == UInt32(bytes.count - 8))
    var position = 12
    while position < bytes.count {
      let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
      let size = Int(word(bytes[...], at: position + 4))
      chunks[name] = bytes[(position + 8)..<(position + 8 + size)]
      names.append(name)
      position += 8 + size + size % 2
    }
    #expect(position == bytes.count)
  }

  subscript(name: String) -> [UInt8] { chunks[name].map(Array.init) ?? [] }

  func word(_ bytes: some Collection<UInt8>, at offset: Int) -> UInt32 {
    bytes.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
