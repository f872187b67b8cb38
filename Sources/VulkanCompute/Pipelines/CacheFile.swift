/// What a driver's pipeline cache is good for.
struct CacheIdentity: Sendable, Hashable {
  var vendor: UInt32
  var device: UInt32
  var pipelineCacheUUID: [UInt8]
}

/// The file format of a kept pipeline cache: a frame with a checksum, because drivers trust what
/// they are given, around the driver's data, which starts with Vulkan's own header.
///
/// | bytes | content |
/// |---|---|
/// | 8 | `VAMENPC1` |
/// | 8 | FNV-1a of the data, little endian |
/// | rest | the driver's data |
enum CacheFile {
  private static let magic = Array("VAMENPC1".utf8)

  /// The file's bytes for a driver's data.
  static func encode(_ data: [UInt8]) -> [UInt8] {
    magic + (0..<8).map { UInt8(truncatingIfNeeded: checksum(data) >> ($0 * 8)) } + data
  }

  /// The driver's data, or why the file cannot be used.
  static func decode(
    _ file: [UInt8], for identity: CacheIdentity
  ) -> Result<[UInt8], Rejection> {
    guard file.starts(with: magic) else { return .failure(.init(reason: "is no pipeline cache")) }
    guard file.count >= 48 else { return .failure(.init(reason: "is cut short")) }
    let data = Array(file[16...])
    let sum = (0..<8).reduce(UInt64(0)) { $0 | UInt64(file[8 + $1]) << ($1 * 8) }
    guard sum == checksum(data) else { return .failure(.init(reason: "is damaged")) }
    guard
      word(data, 0) >= 32, word(data, 4) == 1, word(data, 8) == identity.vendor,
      word(data, 12) == identity.device, Array(data[16..<32]) == identity.pipelineCacheUUID
    else { return .failure(.init(reason: "belongs to another device or driver")) }
    return .success(data)
  }

  /// Why a file is ignored.
  struct Rejection: Error {
    var reason: String
  }

  private static func word(_ data: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[offset + $1]) << ($1 * 8) }
  }

  private static func checksum(_ data: [UInt8]) -> UInt64 {
    data.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
