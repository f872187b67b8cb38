#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#endif

/// Reads whole files, and writes them so that each is either the old one or the new one.
enum AtomicFile {
  /// What the system said.
  struct Failure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }

    static func last(_ doing: String) -> Failure {
      Failure(text: "\(doing): \(String(cString: strerror(errno)))")
    }
  }

  /// The file's bytes; nil where there is no such file.
  static func read(_ path: String) throws -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Failure.last("reading \(path)")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let capacity = block.count
    while true {
      let count = block.withUnsafeMutableBytes {
        #if canImport(Darwin)
          Darwin.read(file, $0.baseAddress, capacity)
        #elseif canImport(Musl)
          Musl.read(file, $0.baseAddress, capacity)
        #else
          Glibc.read(file, $0.baseAddress, capacity)
        #endif
      }
      guard count >= 0 else { throw Failure.last("reading \(path)") }
      guard count > 0 else { return bytes }
      bytes += block.prefix(count)
    }
  }

  /// Replaces the file, making its folder (and one above) when needed.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    if let slash = path.lastIndex(of: "/") { makeFolder(String(path[..<slash])) }
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).part"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Failure.last("writing \(temporary)") }
    do {
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes {
          write(file, $0.baseAddress?.advanced(by: written), bytes.count - written)
        }
        guard count > 0 else { throw Failure.last("writing \(temporary)") }
        written += count
      }
      guard fsync(file) == 0 else { throw Failure.last("writing \(temporary)") }
      close(file)
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = Failure.last("writing \(path)")
      unlink(temporary)
      throw failure
    }
  }

  private static func makeFolder(_ path: String) {
    guard access(path, F_OK) != 0 else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      makeFolder(String(path[..<slash]))
    }
    mkdir(path, 0o755)
  }
}
