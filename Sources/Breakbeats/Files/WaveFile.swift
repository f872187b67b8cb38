public import SpectralAudio
import Tensors

/// Writes loops as WAV files that samplers loop and sequencers stretch: with an `smpl` chunk that
/// loops the whole file and, for whole beats, an `acid` chunk that holds tempo and beats.
///
/// ```swift
/// try WaveFile.write(loop, to: "loop.wav", bars: 2)
/// ```
public enum WaveFile {
  /// How samples are stored.
  public enum SampleFormat: String, Sendable, Hashable, CaseIterable {
    /// 16-bit integers; values beyond full scale are clipped.
    case pcm16
    /// 24-bit integers; values beyond full scale are clipped.
    case pcm24
    /// 32-bit IEEE floating point; nothing is clipped.
    case float32

    var byteCount: Int {
      switch self {
      case .pcm16: 2
      case .pcm24: 3
      case .float32: 4
      }
    }
  }

  /// Writes a loop, whole or not at all.
  ///
  /// - Parameters:
  ///   - loop: The samples.
  ///   - path: The file, replaced if it exists.
  ///   - bars: Length in bars of four beats, from which the tempo follows; `nil` for sound that is
  ///     no loop.
  ///   - format: How samples are stored.
  /// - Throws: ``BreakbeatError`` for samples that are not finite, a file beyond 4 GB, and sample
  ///   rates that round to 0 or make 4 GB and more a second; `TensorError` when it cannot be written.
  public static func write(
    _ loop: Waveform, to path: String, bars: Double?, format: SampleFormat = .pcm16
  ) throws {
    try AtomicFile.write(bytes(of: loop, bars: bars, format: format), to: path)
  }

  /// The bytes of the file that ``write(_:to:bars:format:)`` writes.
  public static func bytes(
    of loop: Waveform, bars: Double?, format: SampleFormat = .pcm16
  ) throws -> [UInt8] {
    let rate = try checkedRate(of: loop, format)
    var body = ByteBuffer()
    body.append(tag: "WAVE")
    body.append(chunk: "fmt ", formatChunk(format, rate: rate))
    if format == .float32 {
      var fact = ByteBuffer()
      fact.append(littleEndian: UInt32(loop.samples.count))
      body.append(chunk: "fact", fact)
    }
    if let bars, !loop.samples.isEmpty {
      body.append(chunk: "smpl", samplerChunk(count: loop.samples.count, rate: rate))
      if let chunk = acidChunk(bars: bars, beatsPerMinute(of: loop, bars: bars)) {
        body.append(chunk: "acid", chunk)
      }
    }
    body.append(chunk: "data", encoded(loop.samples, as: format))
    var file = ByteBuffer()
    file.append(chunk: "RIFF", body)
    return file.bytes
  }

  /// The tempo of a loop's file: that of its samples at the whole sample rate in its header.
  package static func beatsPerMinute(of loop: Waveform, bars: Double) -> Double {
    240 * bars * loop.sampleRate.rounded() / Double(loop.samples.count)
  }

  /// A sample rate as files have it, in whole hertz; `nil` where they have no number for it or for
  /// the bytes of a second.
  package static func wholeRate(_ sampleRate: Double, _ format: SampleFormat) -> UInt32? {
    guard let rate = UInt32(exactly: sampleRate.rounded()), rate > 0 else { return nil }
    return rate <= UInt32.max / UInt32(format.byteCount) ? rate : nil
  }

  /// The file's sample rate, if a file can hold the loop.
  private static func checkedRate(of loop: Waveform, _ format: SampleFormat) throws -> UInt32 {
    let dataCount = loop.samples.count * format.byteCount
    guard dataCount < Int(UInt32.max) - 1024 else {
      throw BreakbeatError(
        .cannotEncode, "\(loop.samples.count) samples are too many for a WAV file; shorten it")
    }
    guard loop.samples.allSatisfy(\.isFinite) else {
      throw BreakbeatError(
        .cannotEncode, "a loop holds samples that are not numbers; use an earlier checkpoint")
    }
    guard let rate = wholeRate(loop.sampleRate, format) else {
      let most = UInt32.max / UInt32(format.byteCount)
      throw BreakbeatError(
        .cannotEncode,
        "a sample rate of \(loop.sampleRate) Hz: \(format.rawValue) samples in WAV files have 1 to "
          + "\(most) Hz; choose another sample rate")
    }
    return rate
  }

  private static func formatChunk(_ format: SampleFormat, rate: UInt32) -> ByteBuffer {
    var chunk = ByteBuffer()
    chunk.append(littleEndian: UInt16(format == .float32 ? 3 : 1))
    chunk.append(littleEndian: UInt16(1))  // channels
    chunk.append(littleEndian: rate)
    chunk.append(littleEndian: rate * UInt32(format.byteCount))
    chunk.append(littleEndian: UInt16(format.byteCount))
    chunk.append(littleEndian: UInt16(8 * format.byteCount))
    if format == .float32 { chunk.append(littleEndian: UInt16(0)) }  // no extension
    return chunk
  }

  /// One endless forward loop from the first to the last sample.
  private static func samplerChunk(count: Int, rate: UInt32) -> ByteBuffer {
    let middleC: UInt32 = 60
    let nanoseconds = (1e9 / Double(rate)).rounded()
    var chunk = ByteBuffer()
    for field in [0, 0, UInt32(nanoseconds), middleC, 0, 0, 0, 1, 0] {
      chunk.append(littleEndian: field)
    }
    for field in [0, 0, 0, UInt32(count - 1), 0, 0] as [UInt32] {
      chunk.append(littleEndian: field)
    }
    return chunk
  }

  /// Tempo and length in beats, as Sony's Acid stores them; `nil` for parts of a beat, which it has
  /// no number for.
  private static func acidChunk(bars: Double, _ beatsPerMinute: Double) -> ByteBuffer? {
    guard let beats = UInt32(exactly: 4 * bars), beats > 0 else { return nil }
    var chunk = ByteBuffer()
    chunk.append(littleEndian: UInt32(4))  // a loop without a root note, to be stretched
    chunk.append(littleEndian: UInt16(60))
    chunk.append(littleEndian: UInt16(0x8000))
    chunk.append(littleEndian: Float(0).bitPattern)
    chunk.append(littleEndian: beats)
    chunk.append(littleEndian: UInt16(4))  // 4/4
    chunk.append(littleEndian: UInt16(4))
    chunk.append(littleEndian: Float(beatsPerMinute).bitPattern)
    return chunk
  }

  /// The nearest integer of a number of bits, full scale being 2^(bits - 1); clipped.
  package static func quantized(_ sample: Float, bits: Int) -> Int32 {
    let scale = Double(1 << (bits - 1))
    return Int32(min(max((Double(sample) * scale).rounded(.toNearestOrEven), -scale), scale - 1))
  }

  private static func encoded(_ samples: [Float], as format: SampleFormat) -> ByteBuffer {
    var data = ByteBuffer()
    for sample in samples {
      switch format {
      case .pcm16:
        data.append(littleEndian: Int16(quantized(sample, bits: 16)))
      case .pcm24:
        let value = quantized(sample, bits: 24)
        data.append(withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(3)) })
      case .float32:
        data.append(littleEndian: sample.bitPattern)
      }
    }
    return data
  }
}

extension ByteBuffer {
  /// A RIFF chunk: name, size, bytes, and a zero if their number is odd.
  fileprivate mutating func append(chunk tag: StaticString, _ body: ByteBuffer) {
    append(tag: tag)
    append(littleEndian: UInt32(body.bytes.count))
    append(body.bytes)
    if body.bytes.count % 2 == 1 { append(CollectionOfOne(0)) }
  }
}
