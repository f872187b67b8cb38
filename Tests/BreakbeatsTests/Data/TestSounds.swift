import BreakbeatTraining
import Foundation
import SpectralAudio

/// A folder that is removed again.
final class ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/vamen-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of an entry.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Writes an entry and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  /// Everything in the folder, hidden entries too.
  var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Real breaks of the package sonic-pi-samples, where it is installed.
enum RealBreaks {
  static let folders = ["/usr/share/sonic-pi/samples", "/usr/local/share/sonic-pi/samples"]

  static func path(_ name: String) -> String? {
    folders.map { "\($0)/\(name).flac" }.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The full amen break, or the synthetic one, which is said.
  static func amen() throws -> BreakSource {
    if let path = path("loop_amen_full") { return try BreakSource(contentsOf: path) }
    print("note: no sonic-pi-samples here, using the synthetic break")
    return .synthetic()
  }
}

/// The bytes of a WAV file with 32-bit floating-point samples.
func wav(_ samples: [Float], rate: Int = 44_100, channels: Int = 1) -> [UInt8] {
  var data: [UInt8] = []
  for sample in samples { append(sample.bitPattern, to: &data) }
  var bytes = Array("RIFF".utf8)
  append(UInt32(36 + data.count), to: &bytes)
  bytes += Array("WAVEfmt ".utf8)
  append(UInt32(16), to: &bytes)
  append(UInt16(3), to: &bytes)
  append(UInt16(channels), to: &bytes)
  append(UInt32(rate), to: &bytes)
  append(UInt32(rate * channels * 4), to: &bytes)
  append(UInt16(channels * 4), to: &bytes)
  append(UInt16(32), to: &bytes)
  bytes += Array("data".utf8)
  append(UInt32(data.count), to: &bytes)
  return bytes + data
}

private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
}

/// A short decaying click at every beat: a loop of a given length.
func clicks(seconds: Double, rate: Int = 44_100, beats: Int = 8) -> [Float] {
  let count = Int(seconds * Double(rate))
  return (0..<count).map { index in
    let beat = Double(count) / Double(beats)
    let since = Double(index).truncatingRemainder(dividingBy: beat) / Double(rate)
    return Float(sin(2 * .pi * 400 * since) * exp(-since / 0.02))
  }
}
