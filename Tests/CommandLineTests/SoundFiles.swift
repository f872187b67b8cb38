import CSndfile
import Foundation

/// Small files of every format and coding that libsndfile writes, to be damaged.
struct SoundFiles {
  /// A file's extension and bytes.
  struct File {
    let name: String
    let bytes: [UInt8]
  }

  let files: [File]

  /// Writes and reads back one file per format, coding and number of channels that go together.
  init(folder: URL) throws {
    var files: [File] = []
    for major in Self.formats(SFC_GET_FORMAT_MAJOR_COUNT, SFC_GET_FORMAT_MAJOR) {
      for coding in Self.formats(SFC_GET_FORMAT_SUBTYPE_COUNT, SFC_GET_FORMAT_SUBTYPE) {
        for channels: Int32 in [1, 2] {
          let format =
            Int32(bitPattern: UInt32(bitPattern: major.format) & 0x0FFF_0000) | coding.format
          let name = String(cString: major.extension)
          // Headerless files have nothing to damage.
          guard name != "raw" else { continue }
          let path = folder.appending(path: "seed.\(name)").path
          guard Self.write(path, format: format, channels: channels),
            let data = FileManager.default.contents(atPath: path), !data.isEmpty
          else { continue }
          files.append(
            File(name: "\(String(format, radix: 16))-\(channels).\(name)", bytes: Array(data)))
          try FileManager.default.removeItem(atPath: path)
        }
      }
    }
    self.files = files
  }

  private static func formats(_ counting: Int, _ getting: Int) -> [SF_FORMAT_INFO] {
    var count: Int32 = 0
    sf_command(nil, Int32(counting), &count, 4)
    return (0..<count).map { index in
      var info = SF_FORMAT_INFO()
      info.format = index
      sf_command(nil, Int32(getting), &info, Int32(MemoryLayout<SF_FORMAT_INFO>.size))
      return info
    }
  }

  /// Half a second of decaying tones.
  private static func write(_ path: String, format: Int32, channels: Int32) -> Bool {
    for rate: Int32 in [8000, 48_000] {
      var info = SF_INFO()
      (info.channels, info.samplerate, info.format) = (channels, rate, format)
      guard sf_format_check(&info) != 0, let file = sf_open(path, Int32(SFM_WRITE), &info) else {
        continue
      }
      let samples = (0..<4000 * Int(channels)).map { index -> Float in
        let frame = Double(index / Int(channels))
        return Float(
          0.7 * sin(frame * 0.3) * exp(-frame.truncatingRemainder(dividingBy: 1000) / 300))
      }
      let written = sf_writef_float(file, samples, 4000)
      sf_close(file)
      if written == 4000 { return true }
    }
    return false
  }
}
