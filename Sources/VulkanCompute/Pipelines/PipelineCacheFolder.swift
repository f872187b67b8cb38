/// Where compiled pipelines are kept between runs.
public enum PipelineCacheFolder: Sendable, Hashable {
  /// `$XDG_CACHE_HOME/vamen`, or `~/.cache/vamen`.
  case standard
  /// A folder, made when needed.
  case folder(String)
  /// Nowhere.
  case none

  /// The folder's path, if there is to be one.
  var path: String? {
    switch self {
    case .standard:
      if let cache = Platform.environment("XDG_CACHE_HOME") { return cache + "/vamen" }
      return Platform.environment("HOME").map { $0 + "/.cache/vamen" }
    case .folder(let path): return path
    case .none: return nil
    }
  }
}

extension PipelineCacheFolder {
  /// The path of a file in the folder; nil where nothing is kept.
  package func path(of name: String) -> String? { path.map { "\($0)/\(name)" } }

  /// The bytes of a file in the folder; nil where there is none.
  ///
  /// - Throws: What the system said.
  package func read(_ name: String) throws -> [UInt8]? {
    try path(of: name).flatMap { try AtomicFile.read($0) }
  }

  /// Replaces a file in the folder, which is made when needed; does nothing where nothing is kept.
  ///
  /// - Throws: What the system said.
  package func write(_ bytes: [UInt8], to name: String) throws {
    if let path = path(of: name) { try AtomicFile.replace(path, with: bytes) }
  }
}
