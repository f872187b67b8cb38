#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The SHA-256 of a file's bytes, read in pieces.
package func digestOfFile(_ path: String) throws(TrainingDataError) -> String {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { throw SystemError.last.reading(path) }
  defer { close(descriptor) }
  var digest = SHA256()
  var buffer = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 && errno == EINTR { continue }
    if count < 0 { throw SystemError.last.reading(path) }
    if count == 0 { return digest.finish() }
    digest.update(Array(buffer[0..<count]))
  }
}
