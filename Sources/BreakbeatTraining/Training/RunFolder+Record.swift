internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// `config.json`: what a run was started with, and why one cannot be read.
extension RunFolder {
  /// What a run folder was started with.
  ///
  /// - Throws: ``TrainingDataError`` for a folder without a run, a damaged file, and one of an earlier
  ///   or later version, naming the setting that it lacks or that this version does not know: going
  ///   on with a setting guessed would be another run.
  public static func record(of path: String) throws -> Record {
    let file = path + "/config.json"
    guard !path.isEmpty, let bytes = FileManager.default.contents(atPath: file) else {
      throw TrainingDataError(
        .runFolder, "\(path) holds no run: there is no config.json",
        remedy: "give the folder of a run, or start one without --resume")
    }
    do {
      let record = try JSONDecoder().decode(Record.self, from: bytes)
      let known = names(in: try JSONEncoder().encode(record))
      if let name = names(in: bytes).subtracting(known).min() {
        throw foreign(file, bytes, "a later version", "it has the setting \"\(printable(name))\"")
      }
      try record.settings.check()
      try record.cadence.check()
      return record
    } catch DecodingError.keyNotFound(let key, let context) {
      let name = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
      throw foreign(file, bytes, "an earlier version", "it lacks the setting \"\(name)\"")
    } catch let error as TrainingDataError where error.code == .runFolder {
      throw error
    } catch {
      var reason = "\(error)"
      if let error = error as? DecodingError { reason = error.words }
      throw TrainingDataError(
        .runFolder, "\(file) is damaged: \(reason)", remedy: "start a new run in another folder")
    }
  }

  private static func foreign(
    _ file: String, _ bytes: Data, _ version: String, _ difference: String
  ) -> TrainingDataError {
    struct Version: Decodable { var version: String }
    let name = (try? JSONDecoder().decode(Version.self, from: bytes))?.version
    let number = name.map { " (\(printable($0)))" } ?? ""
    return TrainingDataError(
      .runFolder, "\(file) was written by \(version) of the program\(number): \(difference)",
      remedy: "go on with the version that wrote it, or start a new run in another folder; the "
        + "run's models can be used as they are")
  }

  /// Names of a JSON object's members under dotted names, without those of the data set's identity,
  /// which its digest stands for.
  private static func names(in bytes: Data) -> Set<String> {
    func names(_ members: [String: StrictJSON], _ prefix: String) -> Set<String> {
      members.reduce(into: []) { found, member in
        let name = prefix + member.key
        switch member.value {
        case .null: break
        case .object(let inner) where name != "dataset": found.formUnion(names(inner, name + "."))
        default: found.insert(name)
        }
      }
    }
    guard case .object(let members)? = try? StrictJSON(Array(bytes), maximumDepth: 16) else {
      return []
    }
    return names(members, "")
  }
}

extension DecodingError {
  /// What is wrong, in words.
  fileprivate var words: String {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let name = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "\"\(name)\" has a value of another kind"
    case .keyNotFound(let key, _): return "there is no \"\(key.stringValue)\""
    case .dataCorrupted: return "it is no JSON, or a value is unknown"
    @unknown default: return "\(self)"
    }
  }
}
