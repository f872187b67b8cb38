#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `stat` says of a path, links followed.
struct FileStatus: Sendable, Hashable {
  /// What makes two paths the same file.
  struct Identity: Sendable, Hashable {
    let device: UInt64
    let inode: UInt64
  }

  let isFolder: Bool
  let isRegularFile: Bool
  let size: Int
  /// When the bytes were last changed, in nanoseconds.
  let modification: Int64
  let identity: Identity

  /// Asks the system.
  init(of path: String) throws(TrainingDataError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemError.last.reading(path) }
    self.init(status)
  }

  /// Asks the system about an open file; `nil` when it does not know.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    let kind = status.st_mode & S_IFMT
    isFolder = kind == S_IFDIR
    isRegularFile = kind == S_IFREG
    size = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modification = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      inode: UInt64(truncatingIfNeeded: status.st_ino))
  }
}
