#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#endif

/// The few calls to the operating system that this module makes.
enum Platform {
  /// An environment variable that is set and not empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Opens a shared library and looks a symbol up in it; the failure is the loader's own text.
  /// The library stays open for the life of the process: drivers start threads that must not
  /// lose their code.
  static func symbol(_ name: String, inLibrary path: String) -> Result<
    UnsafeMutableRawPointer, LoadFailure
  > {
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return .failure(.last()) }
    guard let symbol = dlsym(library, name) else { return .failure(.last()) }
    return .success(symbol)
  }

  /// What `dlerror` said.
  struct LoadFailure: Error {
    var text: String

    static func last() -> LoadFailure {
      LoadFailure(text: dlerror().map { String(cString: $0) } ?? "unknown reason")
    }
  }

  /// Writes a line to standard error.
  static func printToStandardError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(2, bytes, bytes.count)
  }
}
