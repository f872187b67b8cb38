public import Breakbeats
internal import CSndfile
public import SpectralAudio
internal import Tensors

/// Writes loops in the formats that people ask for: WAV with its loop and tempo chunks as
/// `WaveFile` writes it, FLAC and Ogg Vorbis through libsndfile, with the tempo in a
/// comment.
public enum LoopFile {
  /// A kind of file.
  public enum Container: String, Sendable, Hashable, CaseIterable {
    /// Uncompressed; loop and tempo in chunks of their own.
    case wav
    /// Compressed without loss, 16 or 24 bits.
    case flac
    /// Vorbis, with loss: the seam is no longer exact.
    case ogg

    /// What file names end in.
    public var fileExtension: String { rawValue }

    /// Whether files can hold samples of a format; Vorbis has none of its own.
    public func holds(_ format: WaveFile.SampleFormat) -> Bool {
      switch self {
      case .wav: true
      case .flac: format != .float32
      case .ogg: format == .pcm16
      }
    }

    /// Whether files can have a sample rate, whatever the format of their samples: what the encoder
    /// makes of a few samples.
    public func holds(sampleRate: Double) -> Bool {
      guard self != .wav else {
        return WaveFile.SampleFormat.allCases.allSatisfy {
          WaveFile.wholeRate(sampleRate, $0) != nil
        }
      }
      guard (1...Double(Int32.max)).contains(sampleRate) else { return false }
      let silence = Waveform(samples: [Float](repeating: 0, count: 16), sampleRate: sampleRate)
      return (try? LoopFile.bytes(of: silence, bars: nil, container: self)) != nil
    }
  }

  /// Writes a loop, whole or not at all.
  ///
  /// - Parameters:
  ///   - loop: The samples; integers hold them clipped to full scale.
  ///   - path: The file, replaced if it exists.
  ///   - bars: Length in bars of four beats; `nil` for sound that is no loop.
  ///   - container: What file to write.
  ///   - format: Samples of WAV and FLAC files.
  /// - Throws: ``TrainingDataError`` when the format cannot hold the sound, `BreakbeatError` for
  ///   samples that are not numbers and what WAV files cannot hold, `TensorError` when the file cannot
  ///   be written.
  public static func write(
    _ loop: Waveform, to path: String, bars: Double?, container: Container,
    format: WaveFile.SampleFormat = .pcm16
  ) throws {
    let bytes = try bytes(of: loop, bars: bars, container: container, format: format)
    try AtomicFile.write(bytes, to: path)
  }

  /// The bytes of the file that ``write(_:to:bars:container:format:)`` writes. Those of Ogg files
  /// differ from one time to the next by a random serial number.
  public static func bytes(
    of loop: Waveform, bars: Double?, container: Container,
    format: WaveFile.SampleFormat = .pcm16
  ) throws -> [UInt8] {
    guard container != .wav else {
      return try WaveFile.bytes(of: loop, bars: bars, format: format)
    }
    guard container.holds(format) else {
      throw TrainingDataError(
        .invalidSettings, "\(container.rawValue) files hold no \(format.rawValue) samples",
        remedy: container == .flac ? "use pcm16 or pcm24" : "leave the sample format out")
    }
    guard loop.samples.allSatisfy(\.isFinite) else {
      throw BreakbeatError(
        .cannotEncode, "a loop holds samples that are not numbers; use an earlier checkpoint")
    }
    let comment = bars.map { bars in
      let tempo = WaveFile.beatsPerMinute(of: loop, bars: bars).rounded(places: 2)
      return "\(tempo) bpm, \(counted(bars: bars)), loop"
    }
    return try SoundFileEncoder.encode(loop, as: container, format, comment: comment)
  }
}

/// libsndfile's encoders, writing to memory.
private final class SoundFileEncoder {
  private var bytes: [UInt8] = []
  private var position = 0

  static func encode(
    _ loop: Waveform, as container: LoopFile.Container, _ format: WaveFile.SampleFormat,
    comment: String?
  ) throws -> [UInt8] {
    guard let rate = Int32(exactly: loop.sampleRate.rounded()) else {
      throw TrainingDataError(
        .invalidSettings, "\(container.rawValue) files have no \(loop.sampleRate) Hz",
        remedy: "choose another --format or --sample-rate")
    }
    let encoder = SoundFileEncoder()
    var info = SF_INFO()
    info.samplerate = rate
    info.channels = 1
    switch (container, format) {
    case (.flac, .pcm16): info.format = Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    case (.flac, _): info.format = Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_24)
    default: info.format = Int32(SF_FORMAT_OGG | SF_FORMAT_VORBIS)
    }
    var io = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(SoundFileEncoder.of($0).bytes.count) },
      seek: { offset, whence, context in SoundFileEncoder.of(context).seek(Int(offset), whence) },
      read: { target, count, context in SoundFileEncoder.of(context).read(target, Int(count)) },
      write: { source, count, context in SoundFileEncoder.of(context).write(source, Int(count)) },
      tell: { sf_count_t(SoundFileEncoder.of($0).position) })
    let context = Unmanaged.passUnretained(encoder).toOpaque()
    guard let file = sf_open_virtual(&io, Int32(SFM_WRITE), &info, context) else {
      throw TrainingDataError(
        .invalidSettings,
        "\(container.rawValue) at \(info.samplerate) Hz: \(String(cString: sf_strerror(nil)))",
        remedy: "choose another --format or --sample-rate")
    }
    var quality = 0.8
    sf_command(
      file, Int32(SFC_SET_VBR_ENCODING_QUALITY), &quality, Int32(MemoryLayout<Double>.size))
    _ = sf_set_string(file, Int32(SF_STR_SOFTWARE), "vamen \(vamenVersion)")
    if let comment { _ = sf_set_string(file, Int32(SF_STR_COMMENT), comment) }
    let written = encoder.write(loop.samples, format, isLossless: container == .flac, to: file)
    let failure = String(cString: sf_strerror(file))
    let status = sf_close(file)
    guard written == loop.samples.count, status == 0 else {
      throw TrainingDataError(
        .resources, "\(container.rawValue): \(failure)", remedy: "use --format wav")
    }
    return withExtendedLifetime(encoder) { encoder.bytes }
  }

  /// Samples that are handed over at a time: libvorbis puts a copy of them on its stack.
  private static let blockSize = 16_384

  /// Writes block by block and returns how many samples were taken.
  private func write(
    _ samples: [Float], _ format: WaveFile.SampleFormat, isLossless: Bool, to file: OpaquePointer
  ) -> Int {
    var written = 0
    while written < samples.count {
      let block = samples[written..<min(written + Self.blockSize, samples.count)]
      let count = write(block, format, isLossless: isLossless, to: file)
      written += count
      guard count == block.count else { break }
    }
    return written
  }

  /// The same integers as in a WAV file, high bits first where there is loss-free room for them.
  private func write(
    _ block: ArraySlice<Float>, _ format: WaveFile.SampleFormat, isLossless: Bool,
    to file: OpaquePointer
  ) -> Int {
    guard isLossless else {
      let limited = block.map { min(max($0, -1), 1) }
      return Int(sf_write_float(file, limited, sf_count_t(limited.count)))
    }
    let bits = format == .pcm16 ? 16 : 24
    let integers = block.map { WaveFile.quantized($0, bits: bits) << Int32(32 - bits) }
    return Int(sf_write_int(file, integers, sf_count_t(integers.count)))
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> SoundFileEncoder {
    guard let context else { preconditionFailure("libsndfile lost its context") }
    return Unmanaged<SoundFileEncoder>.fromOpaque(context).takeUnretainedValue()
  }

  private func seek(_ offset: Int, _ whence: Int32) -> sf_count_t {
    let base =
      switch Int(whence) {
      case Int(SF_SEEK_CUR): position
      case Int(SF_SEEK_END): bytes.count
      default: 0
      }
    position = min(max(0, base + offset), bytes.count)
    return sf_count_t(position)
  }

  private func read(_ target: UnsafeMutableRawPointer?, _ count: Int) -> sf_count_t {
    let count = min(count, bytes.count - position)
    guard let target, count > 0 else { return 0 }
    bytes.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(start: target, count: count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
    }
    position += count
    return sf_count_t(count)
  }

  private func write(_ source: UnsafeRawPointer?, _ count: Int) -> sf_count_t {
    guard let source, count > 0 else { return 0 }
    let new = UnsafeRawBufferPointer(start: source, count: count)
    let overlap = min(count, bytes.count - position)
    bytes.replaceSubrange(position..<position + overlap, with: new)
    position += count
    return sf_count_t(count)
  }
}
