/// A comment in a WAV file: the `ICMT` entry of a `LIST` chunk, appended after the samples.
///
/// Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991).
struct WaveComment {
  private let text: [UInt8]

  init(_ text: String) { self.text = Array(text.utf8) + [0] }

  /// The file with the comment; as it was if it is no RIFF file.
  func added(to wave: [UInt8]) -> [UInt8] {
    guard wave.count >= 12, wave.prefix(4).elementsEqual("RIFF".utf8) else { return wave }
    let padding = [UInt8](repeating: 0, count: text.count % 2)
    let info = Array("INFOICMT".utf8) + Self.littleEndian(text.count) + text + padding
    var file = wave + Array("LIST".utf8) + Self.littleEndian(info.count) + info
    file.replaceSubrange(4..<8, with: Self.littleEndian(file.count - 8))
    return file
  }

  private static func littleEndian(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(number).littleEndian) { Array($0) }
  }
}
