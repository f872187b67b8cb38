#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Recipe {
  /// Reads a recipe from a JSON file; what it does not name keeps its default.
  ///
  /// - Throws: ``TrainingDataError`` when the file cannot be read, is no JSON, or names an unknown
  ///   move or a value that is no probability.
  public init(contentsOf path: String) throws(TrainingDataError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TrainingDataError(
        .unreadable, "the recipe \(path) cannot be read", remedy: "check the path")
    }
    let names = Self.fields.map(\.name).joined(separator: ", ")
    do {
      self = try JSONDecoder().decode(Recipe.self, from: data)
    } catch let DecodingError.dataCorrupted(context) {
      throw TrainingDataError(
        .invalidSettings, "the recipe \(path): \(context.debugDescription)",
        remedy: "write a JSON object of probabilities: \(names)")
    } catch {
      throw TrainingDataError(
        .invalidSettings, "the recipe \(path) is no object of numbers",
        remedy: "write a JSON object of probabilities: \(names)")
    }
    try validate()
  }
}
