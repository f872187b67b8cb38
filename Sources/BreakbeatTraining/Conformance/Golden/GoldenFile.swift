import Tensors

/// The cases of one golden file: a safetensors file whose tensors are named `case/tensor` and whose
/// metadata holds the parameters of each case as JSON text.
package struct GoldenFile: Sendable {
  /// The file's name without its extension.
  package let name: String
  /// Its cases in the order of their names; a case that cannot be read is an error.
  package let cases: [Result<GoldenCase, DamagedCase>]

  /// A case that cannot be read.
  package struct DamagedCase: Error {
    package let name: String
    package let reason: String
  }

  /// Reads a file.
  ///
  /// - Throws: `TensorError` when it is no intact safetensors file.
  package init(contentsOf path: String) throws {
    let file = try SafetensorsFile(contentsOf: path)
    name = Self.name(of: path)
    var entries: [Substring: [(String, GoldenCase.Entry)]] = [:]
    for key in file.names {
      guard let slash = key.firstIndex(of: "/") else { continue }
      let entry = GoldenCase.Entry(
        shape: file.dimensions(of: key) ?? [], values: try file.values(of: key))
      entries[key[..<slash], default: []].append((String(key[key.index(after: slash)...]), entry))
    }
    let parameters = file.metadata.filter { $0.value.drop(while: \.isWhitespace).first == "{" }
    cases = parameters.sorted { $0.key < $1.key }.map { [name] caseName, json in
      let tensors = entries[Substring(caseName)] ?? []
      if let empty = tensors.first(where: { $0.1.values.isEmpty }) {
        return .failure(DamagedCase(name: caseName, reason: "tensor \(empty.0) is empty"))
      }
      do {
        return .success(
          GoldenCase(
            file: name, name: caseName, fields: try StrictJSON(Array(json.utf8)).object ?? [:],
            tensors: Dictionary(uniqueKeysWithValues: tensors)))
      } catch {
        return .failure(DamagedCase(name: caseName, reason: "its metadata: \(error)"))
      }
    }
  }

  /// A file of one case, whose name is the file's.
  init(name: String, only item: Result<GoldenCase, DamagedCase>) {
    self.name = name
    cases = [item]
  }

  /// A path's last part without `.safetensors` or `.json`.
  package static func name(of path: String) -> String {
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    let suffix = [".safetensors", ".json"].first(where: fileName.hasSuffix)
    return String(fileName.dropLast(suffix?.count ?? 0))
  }
}
