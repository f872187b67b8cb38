#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file or folder that was left out, and why.
public struct SkippedSource: Sendable, Hashable {
  /// The path as it was found.
  public var path: String
  /// Why it was left out.
  public var reason: TrainingDataError
}

/// The files below some paths.
///
/// Folders are searched to any depth, in the byte order of names; hidden entries are passed over
/// and counted. Pipes and devices are never opened.
/// A file or folder reached twice, by symbolic links or otherwise, counts once, so loops end.
public struct AudioFileSearch: Sendable {
  /// Files to try, in order.
  public private(set) var files: [String] = []

  /// Hidden entries that were passed over.
  public private(set) var hiddenCount = 0

  /// What could not be searched.
  public private(set) var skipped: [SkippedSource] = []

  private var seen: Set<FileStatus.Identity> = []

  /// Searches files and folders.
  ///
  /// - Throws: ``TrainingDataError`` if one of `paths` itself is missing.
  public init(_ paths: [String]) throws(TrainingDataError) {
    for path in paths {
      let status = try FileStatus(of: path)
      visit(path, status)
    }
  }

  private mutating func visit(_ root: String, _ status: FileStatus) {
    var pending = [(path: root, status: status)]
    while let next = pending.popLast() {
      guard seen.insert(next.status.identity).inserted else { continue }
      guard next.status.isFolder else {
        files.append(next.path)
        continue
      }
      // Last in, first out: push in reverse order of names.
      for name in entries(of: next.path).reversed() {
        let path = next.path.hasSuffix("/") ? next.path + name : next.path + "/" + name
        do throws(TrainingDataError) {
          let status = try FileStatus(of: path)
          guard status.isFolder || status.isRegularFile else {
            throw TrainingDataError(
              .notAudio, "\(path): a pipe, socket or device", remedy: "name an audio file")
          }
          pending.append((path, status))
        } catch {
          skipped.append(SkippedSource(path: path, reason: error))
        }
      }
    }
  }

  private mutating func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else {
      skipped.append(SkippedSource(path: folder, reason: SystemError.last.reading(folder)))
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let (name, repaired) = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          (String(validatingCString: $0), String(cString: $0))
        }
      }
      guard let name else {
        let path = "\(folder)/\(repaired)"
        skipped.append(
          SkippedSource(
            path: path,
            reason: TrainingDataError(
              .unreadable, "\(path): the name is not UTF-8", remedy: "rename it")))
        continue
      }
      switch name {
      case ".", "..": break
      case _ where name.hasPrefix("."): hiddenCount += 1
      default: names.append(name)
      }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
