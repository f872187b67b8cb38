#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Files that appear whole or not at all.
///
/// ```swift
/// try AtomicFile.write(to: "run/loss.csv") { file in
///   try file.write("step,loss\n")
///   for line in lines { try file.write(line) }
/// }
/// ```
package enum AtomicFile {
  /// Writes a file through a temporary one in the same folder: write, flush to the disk, rename,
  /// flush the folder. When anything fails, an existing file is as it was and nothing is left over.
  ///
  /// A device or pipe (`/dev/stdout`) is written to directly: there is nothing to replace.
  ///
  /// - Throws: ``TensorError`` with code `cannotWrite`, or what `body` throws.
  package static func write(to path: String, _ body: (FileWriter) throws -> Void) throws {
    switch kind(of: path) {
    case .folder: throw cannotWrite(path, "it is a folder; give a file name")
    case .device: try writeDirectly(to: path, body)
    case .fileOrNothing: try replace(path, body)
    }
  }

  /// Writes bytes as a whole file; see ``write(to:_:)-(_,(FileWriter)->Void)``.
  package static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  private static func replace(_ path: String, _ body: (FileWriter) throws -> Void) throws {
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let folder = cut == path.startIndex ? "." : String(path[..<cut])
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let temporary = "\(path[..<cut]).\(beginning(of: path[cut...])).\(unique).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw cannotWrite(path, systemReason()) }
    let file = FileWriter(descriptor: descriptor, path: path)
    do {
      try body(file)
      try file.finish(synchronizing: true)
      guard rename(temporary, path) == 0 else { throw cannotWrite(path, systemReason()) }
    } catch {
      file.abandon()
      unlink(temporary)
      throw error
    }
    synchronizeFolder(folder)
  }

  /// As many whole characters of a name as 100 bytes hold: file systems limit bytes, and a temporary
  /// name is not to be too long where the file's own is not.
  private static func beginning(of name: Substring) -> Substring {
    var size = 0
    return name.prefix { character in
      size += character.utf8.count
      return size <= 100
    }
  }

  private static func writeDirectly(to path: String, _ body: (FileWriter) throws -> Void) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotWrite(path, systemReason()) }
    let file = FileWriter(descriptor: descriptor, path: path)
    do {
      try body(file)
      try file.finish(synchronizing: false)
    } catch {
      file.abandon()
      throw error
    }
  }

  /// Makes the rename survive a power cut. Some file systems cannot flush a folder; the file
  /// itself is safe there, so a refusal is no error.
  private static func synchronizeFolder(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private enum Kind { case fileOrNothing, folder, device }

  private static func kind(of path: String) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .fileOrNothing }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .fileOrNothing
    case S_IFDIR: return .folder
    default: return .device
    }
  }
}

/// Collects bytes and appends them to an open file.
package final class FileWriter {
  private var descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
    buffer.reserveCapacity(Self.bufferSize)
  }

  /// Appends bytes.
  package func write(_ bytes: some Sequence<UInt8>) throws {
    if try bytes.withContiguousStorageIfAvailable({ try write(UnsafeRawBufferPointer($0)) }) == nil
    {
      try Array(bytes).withUnsafeBytes { try write($0) }
    }
  }

  /// Appends text as UTF-8.
  package func write(_ text: String) throws { try write(text.utf8) }

  /// Appends bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count < Self.bufferSize {
      buffer.append(contentsOf: bytes)
    } else {
      try append(bytes)
    }
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try append($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = systemWrite(descriptor, start, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw cannotWrite(path, systemReason()) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  fileprivate func finish(synchronizing: Bool) throws {
    try flush()
    if synchronizing, fsync(descriptor) != 0 { throw cannotWrite(path, systemReason()) }
    let result = close(descriptor)
    descriptor = -1
    if result != 0 { throw cannotWrite(path, systemReason()) }
  }

  fileprivate func abandon() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(file, bytes, count)
}

private func cannotWrite(_ path: String, _ reason: String) -> TensorError {
  TensorError(.cannotWrite, "cannot write \(path): \(reason)")
}

/// The last system error in words, with what to do about the usual ones.
func systemReason(_ code: Int32 = errno) -> String {
  let text = String(cString: strerror(code))
  switch code {
  case ENOSPC, EDQUOT: return "\(text); free some space or choose another disk"
  case EACCES, EPERM, EROFS: return "\(text); choose a folder you may write to"
  case ENOENT: return "\(text); create the folder first or check the path"
  case ENAMETOOLONG: return "\(text); choose a shorter name"
  default: return text
  }
}
