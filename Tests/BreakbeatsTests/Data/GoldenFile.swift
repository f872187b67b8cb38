import Foundation

/// A golden safetensors file beside the package, where there is one.
struct GoldenFile {
  let cases: [String: String]
  private let header: [String: Any]
  private let data: Data

  static var folder: String {
    var path = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { path.deleteLastPathComponent() }
    return path.path + "/../shared/golden"
  }

  static var exists: Bool { FileManager.default.fileExists(atPath: folder) }

  init?(_ name: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).safetensors"))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let json = try JSONSerialization.jsonObject(with: bytes[8..<8 + length])
    guard let header = json as? [String: Any],
      let cases = header["__metadata__"] as? [String: String]
    else { return nil }
    self.header = header
    self.cases = cases
    data = bytes.suffix(from: 8 + length)
  }

  func tensor(_ name: String) -> [Float]? {
    guard let entry = header[name] as? [String: Any],
      let offsets = (entry["data_offsets"] as? [NSNumber])?.map(\.intValue)
    else { return nil }
    let start = data.startIndex
    let bytes = [UInt8](data[start + offsets[0]..<start + offsets[1]])
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// A filter bank, unpacked if need be.
  func dense(_ name: String, rows: Int, columns: Int) throws -> [Float] {
    if let weights = tensor(name + "/weights") { return weights }
    guard let first = tensor(name + "/first"), let start = tensor(name + "/start"),
      let values = tensor(name + "/values")
    else { throw CocoaError(.fileReadCorruptFile) }
    var dense = [Float](repeating: 0, count: rows * columns)
    for row in 0..<rows {
      for index in Int(start[row])..<Int(start[row + 1]) {
        dense[row * columns + Int(first[row]) + index - Int(start[row])] = values[index]
      }
    }
    return dense
  }
}
