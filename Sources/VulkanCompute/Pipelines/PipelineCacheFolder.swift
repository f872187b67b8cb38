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
