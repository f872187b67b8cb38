import NeuralNetworks
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Stored in model files as tensors `latents.spread` [n], `latents.directions` [k, n] and
/// `latents.directionSpreads` [k], and as JSON under `vamen.directions` in the metadata.
extension LatentDescription {
  static let version = 1
  /// Directions that a file may hold.
  static let mostDirections = 64
  /// Descriptors that a file may hold.
  static let mostDescriptors = 64

  enum Key {
    static let json = "vamen.directions"
    static let spreads = "latents.spread"
    static let vectors = "latents.directions"
    static let directionSpreads = "latents.directionSpreads"
  }

  private struct Record: Codable {
    struct Entry: Codable {
      var share: Double
      var strongest: Int
      var changes: [Double]
    }
    var version: Int
    var descriptors: [Descriptor]
    var directions: [Entry]
  }

  /// What is wrong with a description in a file.
  struct Problem: Error {
    let reason: String
  }

  /// The tensors of a file.
  var items: [SafetensorsFile.Item] {
    let count = spreads.count
    var items = [SafetensorsFile.Item(Key.spreads, shape: [count]) { spreads }]
    guard !directions.isEmpty else { return items }
    items.append(
      .init(Key.vectors, shape: [directions.count, count]) { directions.flatMap(\.vector) })
    items.append(
      .init(Key.directionSpreads, shape: [directions.count]) { directions.map(\.spread) })
    return items
  }

  /// The entry of a file's metadata.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let record = Record(
      version: Self.version, descriptors: descriptors,
      directions: directions.map {
        .init(share: $0.share, strongest: $0.strongest, changes: $0.changes)
      })
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  /// Reads the description of a model of `count` latents; `nil` where the file has none.
  ///
  /// - Throws: ``Problem``, or what reading a tensor throws.
  init?(in file: SafetensorsFile, count: Int) throws {
    guard let json = file.metadata[Key.json] else { return nil }
    let record = try Self.record(json)
    let spreads = try Self.numbers(Key.spreads, [count], in: file)
    var vectors: [Float] = []
    var directionSpreads: [Float] = []
    if !record.directions.isEmpty {
      vectors = try Self.numbers(Key.vectors, [record.directions.count, count], in: file)
      directionSpreads = try Self.numbers(Key.directionSpreads, [record.directions.count], in: file)
    }
    guard (spreads + directionSpreads).allSatisfy({ $0 >= 0 }) else {
      throw Problem(reason: "a spread of its latents is negative")
    }
    let directions = try record.directions.enumerated().map { index, entry in
      let vector = Array(vectors[index * count..<(index + 1) * count])
      let length = vector.reduce(0) { $0 + Double($1) * Double($1) }
      guard abs(length - 1) < 1e-3 else {
        throw Problem(reason: "direction \(index + 1) of its latents is no unit vector")
      }
      return Direction(
        vector: vector, spread: directionSpreads[index], share: entry.share,
        strongest: entry.strongest, changes: entry.changes)
    }
    self.init(spreads: spreads, descriptors: record.descriptors, directions: directions)
  }

  private static func record(_ json: String) throws -> Record {
    guard json.utf8.count <= 1 << 18 else {
      throw Problem(reason: "\(json.utf8.count) bytes about its latents are too many")
    }
    struct Version: Decodable { var version: Int }
    let data = Data(json.utf8)
    guard let version = try? JSONDecoder().decode(Version.self, from: data).version, version > 0
    else { throw Problem(reason: "what it says about its latents is damaged") }
    guard version <= self.version else {
      throw Problem(
        reason: "it describes its latents in version \(version), this program reads "
          + "\(self.version); update the program")
    }
    guard let record = try? JSONDecoder().decode(Record.self, from: data) else {
      throw Problem(reason: "what it says about its latents is damaged")
    }
    let isNamed = { (text: String) in
      (1...80).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }
    guard record.descriptors.count <= mostDescriptors, record.directions.count <= mostDirections,
      record.descriptors.allSatisfy({
        isNamed($0.name) && isNamed($0.unit) && $0.spread.isFinite && $0.spread >= 0
      }),
      record.directions.allSatisfy({
        (0...1.000_001).contains($0.share) && record.descriptors.indices.contains($0.strongest)
          && $0.changes.count == record.descriptors.count && $0.changes.allSatisfy(\.isFinite)
      })
    else { throw Problem(reason: "what it says about its latents is out of range") }
    return record
  }

  private static func numbers(
    _ name: String, _ dimensions: [Int], in file: SafetensorsFile
  ) throws -> [Float] {
    guard file.dimensions(of: name) == dimensions else {
      throw Problem(reason: "its tensor \(name) is missing or not \(dimensions)")
    }
    let values = try file.values(of: name)
    guard values.allSatisfy(\.isFinite) else {
      throw Problem(reason: "its tensor \(name) holds numbers that are not finite")
    }
    return values
  }
}
