#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension BreakbeatVAE.Configuration {
  /// The configuration of a JSON text, for example of a model file's metadata.
  ///
  /// - Throws: ``BreakbeatError`` for text that is no configuration or one that no model can be
  ///   built from.
  public init(json: String) throws {
    guard json.utf8.count <= 1 << 16 else {
      throw BreakbeatError(
        .invalidConfiguration, "model configuration: \(json.utf8.count) bytes of JSON are too many")
    }
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw BreakbeatError(
        .invalidConfiguration, "model configuration: \(Self.reason(of: error)) in its JSON")
    }
    try validate()
  }

  /// The configuration as JSON, keys in alphabetical order.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  private static func reason(of error: any Error) -> String {
    func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
      (context.codingPath.map(\.stringValue) + (key.map { [$0.stringValue] } ?? []))
        .joined(separator: ".")
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "'\(path(context, key))' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "'\(path(context))' has a value of another type"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "'\(path(context))' has an impossible value"
    default: return "a damaged value"
    }
  }
}
