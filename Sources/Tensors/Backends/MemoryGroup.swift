/// A control group of Linux, such as a container's, which limits the memory of its programs.
package struct MemoryGroup: Equatable {
  /// Where its files are.
  package let folder: String
  /// Names of the files that hold its limit and its usage.
  package let limitName: String
  package let usageName: String

  private init(_ folder: String, isUnified: Bool) {
    self.folder = folder
    limitName = isUnified ? "memory.max" : "memory.limit_in_bytes"
    usageName = isUnified ? "memory.current" : "memory.usage_in_bytes"
  }

  /// The groups that a text such as `/proc/self/cgroup` names, of version 1 and 2, each with those
  /// above it: the limits of all hold. A container may have its own group as the root, whatever the
  /// name that the text gives.
  package static func groups(in text: String) -> [MemoryGroup] {
    text.split(separator: "\n").flatMap { line -> [MemoryGroup] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isUnified = fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("memory") else { return [] }
      var folders = [isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"]
      for name in fields[2].split(separator: "/") {
        folders.append("\(folders[folders.count - 1])/\(name)")
      }
      return folders.map { MemoryGroup($0, isUnified: isUnified) }
    }
  }

  /// The bytes that a file of a limit or a usage tells; nil for `max`, no limit.
  package static func byteCount(in text: String) -> Int? {
    text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  /// Bytes that a limit leaves, by the texts of the usage and of `memory.stat`; nil if the usage is
  /// no number.
  ///
  /// The usage counts what the kernel keeps of files, too; the part that was not used lately is
  /// given back when a program wants memory.
  package static func remaining(limit: Int, usage: String, statistics: String) -> Int? {
    guard let usage = byteCount(in: usage) else { return nil }
    // Version 1 has a second count, with the groups below.
    let files =
      number(after: "total_inactive_file", in: statistics)
      ?? number(after: "inactive_file", in: statistics) ?? 0
    return max(limit - max(usage - files, 0), 0)
  }
}

/// The number behind the name that a line of a text begins with.
func number(after name: String, in text: String) -> Int? {
  for line in text.split(separator: "\n") {
    let fields = line.split(separator: " ")
    if fields.count > 1, fields[0] == name { return Int(fields[1]) }
  }
  return nil
}
