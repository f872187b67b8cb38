#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension BreakbeatDataset {
  /// The file's name without folder and extension.
  public var name: String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".vamen") ? String(file.dropLast(6)) : file
  }

  /// Whether a file starts as a data set does; says nothing about the rest of it.
  public static func isDataset(_ path: String) -> Bool {
    guard (try? FileStatus(of: path))?.isRegularFile == true, let handle = fopen(path, "rb") else {
      return false
    }
    defer { fclose(handle) }
    var start = [UInt8](repeating: 0, count: DatasetFormat.magic.count)
    return fread(&start, 1, start.count, handle) == start.count && start == DatasetFormat.magic
  }
}
