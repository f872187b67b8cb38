#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Recipe {
  /// The longest recipe file that is read, in bytes.
  private static let maximumLength = 1 << 20

  /// Reads a recipe from a JSON file; what it does not name keeps its default.
  ///
  /// - Throws: ``TrainingDataError`` when the file cannot be read, is no JSON object, or names a
  ///   move that does not exist, a move twice, or a value that is no probability.
  public init(contentsOf path: String) throws(TrainingDataError) {
    let status = try FileStatus(of: path)
    guard status.isRegularFile, status.size <= Self.maximumLength else {
      throw TrainingDataError(
        .unreadable, "\(path): not a file of at most \(Self.maximumLength) bytes",
        remedy: "name a JSON file with a recipe")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw SystemError.last.reading(path)
    }
    let names = Self.fields.map(\.name).joined(separator: ", ")
    func refusal(_ what: String) -> TrainingDataError {
      TrainingDataError(
        .invalidSettings, "the recipe \(path): \(what)",
        remedy: "write a JSON object of probabilities: \(names)")
    }
    guard jsonNesting(Array(data)) <= 16 else { throw refusal("it is nested too deeply") }
    do {
      self = try JSONDecoder().decode(Recipe.self, from: data)
    } catch let DecodingError.dataCorrupted(context) {
      throw refusal(context.debugDescription)
    } catch {
      throw refusal("it is no JSON object")
    }
    if let name = repeatedJSONKey(Array(data)) { throw refusal("it names \(name) twice") }
    do throws(TrainingDataError) {
      try validate()
    } catch {
      throw TrainingDataError(error.code, "\(path): \(error.message)", remedy: error.remedy)
    }
  }

  /// The recipe as JSON, a line per move in the order they are made.
  public var json: String {
    let lines = Self.fields.map { "  \"\($0.name)\": \(self[keyPath: $0.path])" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }
}
