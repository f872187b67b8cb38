#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import CSndfile

/// An open audio file that is read in chunks and mixed to one channel.
struct AudioFileReader: ~Copyable {
  let path: String
  let sampleRate: Double
  let channelCount: Int
  /// What the header promises; not to be trusted for allocating.
  let announcedFrameCount: Int

  private let file: OpaquePointer

  init(path: String) throws(TrainingDataError) {
    let status = try FileStatus(of: path)
    guard status.isRegularFile else {
      throw TrainingDataError(
        .notAudio, "\(path): not a file", remedy: "name an audio file")
    }
    guard status.size > 0 else {
      throw TrainingDataError(.empty, "\(path): the file is empty", remedy: "remove or replace it")
    }
    guard access(path, R_OK) == 0 else { throw SystemError.last.reading(path) }
    var info = SF_INFO()
    guard let file = sf_open(path, Int32(SFM_READ), &info) else {
      let reason = String(cString: sf_strerror(nil))
      throw TrainingDataError(
        .notAudio, "\(path): not an audio file (\(Self.trimmed(reason)))",
        remedy: "use WAV, AIFF, FLAC, Ogg, MP3 or another format of libsndfile")
    }
    guard (1_000...768_000).contains(info.samplerate), (1...1024).contains(info.channels) else {
      sf_close(file)
      throw TrainingDataError(
        .notAudio,
        "\(path): a sample rate of \(info.samplerate) Hz and \(info.channels) channels",
        remedy: "convert it to an ordinary rate (8000 to 192000 Hz) and number of channels")
    }
    self.path = path
    self.file = file
    sampleRate = Double(info.samplerate)
    channelCount = Int(info.channels)
    announcedFrameCount = Int(clamping: info.frames)
  }

  deinit { sf_close(file) }

  /// Appends up to `frameCount` frames, mixed to mono, to `samples`.
  ///
  /// - Returns: the frames read; 0 at the end.
  mutating func read(
    _ frameCount: Int, appendingTo samples: inout [Float], scratch: inout [Float]
  ) -> Int {
    let capacity = frameCount * channelCount
    if scratch.count < capacity { scratch = [Float](repeating: 0, count: capacity) }
    let count = scratch.withUnsafeMutableBufferPointer { buffer in
      Int(sf_readf_float(file, buffer.baseAddress, sf_count_t(frameCount)))
    }
    guard count > 0 else { return 0 }
    if channelCount == 1 {
      samples.append(contentsOf: scratch[0..<count])
      return count
    }
    let scale = 1 / Float(channelCount)
    for frame in 0..<count {
      var sum: Float = 0
      for channel in 0..<channelCount { sum += scratch[frame * channelCount + channel] }
      samples.append(sum * scale)
    }
    return count
  }

  /// Appends up to `count` frames, mixed to mono, in chunks.
  ///
  /// - Parameter frame: where in the file the first of them lies, for errors.
  /// - Throws: ``TrainingDataError`` when a sample is not a number.
  mutating func append(
    _ count: Int, to samples: inout [Float], scratch: inout [Float], frame: Int
  ) throws(TrainingDataError) {
    let chunk = max(1, 65_536 / channelCount)
    let first = samples.count
    while samples.count - first < count {
      let start = samples.count
      let wanted = min(chunk, count - (start - first))
      guard read(wanted, appendingTo: &samples, scratch: &scratch) > 0 else { return }
      for index in start..<samples.count where !samples[index].isFinite {
        throw TrainingDataError(
          .notFinite,
          "\(path): sample \(frame + index - first) is not a number (\(samples[index]))",
          remedy: "export the file again without it")
      }
    }
  }

  /// Throws if decoding stopped for another reason than the end of a whole file.
  func checkComplete(frameCount: Int) throws(TrainingDataError) {
    let failed = sf_error(file) != SF_ERR_NO_ERROR
    let unknownLength = announcedFrameCount <= 0 || announcedFrameCount == Int.max
    if failed || (!unknownLength && frameCount < announcedFrameCount) || isDataChunkCut {
      throw TrainingDataError(
        .truncated, "\(path): the file is damaged or cut short (\(frameCount) frames are readable)",
        remedy: "copy or export it again")
    }
  }

  /// Whether libsndfile noted a sound chunk that promises more bytes than the file has.
  ///
  /// For WAV and AIFF it lowers the frame count to what is there and says so only in its log.
  private var isDataChunkCut: Bool {
    var bytes = [CChar](repeating: 0, count: 8192)
    sf_command(file, Int32(SFC_GET_LOG_INFO), &bytes, Int32(bytes.count - 1))
    let log = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    for line in log.split(separator: "\n") where line.contains("(should be ") {
      let words = line.split { " \t:()".contains($0) }
      guard let name = words.first, name == "data" || name == "SSND", words.count >= 5,
        let promised = Int(words[1]), let present = Int(words[4])
      else { continue }
      if promised > present && promised < 0x7FFF_0000 { return true }
    }
    return false
  }

  private static func trimmed(_ text: String) -> Substring {
    var text = text[...]
    while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
    return text
  }
}
