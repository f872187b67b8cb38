#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import SpectralAudio

/// The bytes of a `.vamen` file, little-endian:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `VAMEN`, carriage return, line feed, 0x1A |
/// | 8 | 4 | format version, 1 |
/// | 12 | 4 | length of the JSON header |
/// | 16 | 8 | offset of the pictures, a multiple of 4,096 |
/// | 24 | 8 | offset of the item table: 16 bytes an item (source, flags, text offset, text length) |
/// | 32 | 8 | offset of the texts |
/// | 40 | 8 | length of the file |
/// | 48 | 8 | first 64 bits of the SHA-256 of header, table and texts |
/// | 56 | 8 | 0 |
/// | 64 | … | JSON header |
///
/// Pictures are 8-bit, row-major `[bands, frames]`, lowest band first, `pixelStride` bytes apart.
enum DatasetFormat {
  static let magic: [UInt8] = Array("VAMEN".utf8) + [0x0D, 0x0A, 0x1A]
  static let version: UInt32 = 1
  static let prefixLength = 64
  static let tableEntryLength = 16
  static let heldOutFlag: UInt32 = 1
  static let maximumItemCount = 1 << 31

  /// The distance of two pictures: a multiple of 256 bytes, fit for direct upload.
  static func pixelStride(_ settings: SpectrogramSettings) -> Int {
    (settings.pixelCount + 255) / 256 * 256
  }

  /// Whether an item is held out: `heldOut` of `count`, evenly spread.
  static func isHeldOut(_ index: Int, heldOut: Int, count: Int) -> Bool {
    (index + 1) * heldOut / count > index * heldOut / count
  }
}

/// The JSON header of a data set.
struct DatasetHeader: Codable, Sendable {
  var generator = "vamen prepare"
  var settings: SpectrogramSettings
  var sources: [DatasetSource]
  var recipe: Recipe
  var seed: UInt64
  var count: Int
  var heldOutCount: Int
  var pixelStride: Int

  /// The bytes as they are written: the same header gives the same bytes.
  func encoded() throws(TrainingDataError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try Array(encoder.encode(self))
    } catch {
      throw TrainingDataError(
        .invalidSettings, "the data set's header cannot be written: \(error)",
        remedy: "use finite settings")
    }
  }
}

/// A break that a data set was made from.
public struct DatasetSource: Codable, Sendable, Hashable {
  /// The file's name without folder and extension.
  public var name: String
  /// The path as it was given; nil for the synthetic drummer.
  public var path: String?
  /// SHA-256 of the file's bytes.
  public var digest: String
  /// Bars, tempo and how they are known.
  public var tempo: LoopTempo
}

/// The fixed part at the start of the file.
struct DatasetPrefix {
  var headerLength = 0
  var pixelOffset = 0
  var tableOffset = 0
  var textOffset = 0
  var fileLength = 0
  var checksum: UInt64 = 0

  /// The 64 bytes.
  var bytes: [UInt8] {
    var bytes = DatasetFormat.magic
    bytes.append(DatasetFormat.version)
    bytes.append(UInt32(headerLength))
    for value in [pixelOffset, tableOffset, textOffset, fileLength] { bytes.append(UInt64(value)) }
    bytes.append(checksum)
    bytes.append(UInt64(0))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a number, lowest byte first.
  mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
