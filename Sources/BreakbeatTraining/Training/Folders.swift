#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Makes a folder and those above it, unless it is there, and checks that files can be made in it.
///
/// - Throws: ``TrainingDataError`` that names the folder and the system's reason.
package func makeFolder(_ path: String) throws(TrainingDataError) {
  let remedy = "choose a folder that you may write to and a disk with space"
  guard !path.isEmpty else {
    throw TrainingDataError(.unwritable, "the folder has no name", remedy: "give --out a name")
  }
  var end = path.startIndex
  while end < path.endIndex {
    end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
    let part = String(path[..<end])
    guard mkdir(part, 0o777) != 0 else { continue }
    let reason = SystemError.last
    var status = stat()
    guard stat(part, &status) != 0 else { continue }
    throw TrainingDataError(
      .unwritable, "the folder \(path) cannot be made: \(reason.text)", remedy: remedy)
  }
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw TrainingDataError(.unwritable, "\(path) is not a folder", remedy: remedy)
  }
  guard access(path, W_OK | X_OK) == 0 else {
    throw TrainingDataError(
      .unwritable, "the folder \(path) cannot be written to: \(SystemError.last.text)",
      remedy: remedy)
  }
}
