#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that the machine can give to this program now: what Linux calls `MemAvailable`, or less
/// where a control group, such as a container's, leaves less; elsewhere all of its memory.
func availableMemory() -> Int {
  let total = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  guard let memory = text(of: "/proc/meminfo") else { return total }
  let kibibytes = number(after: "MemAvailable:", in: memory)
  return min(total, kibibytes.map { $0 << 10 } ?? total, groupMemory(of: total) ?? total)
}

/// Bytes that the control groups of this process leave it; nil where none has a limit below all.
private func groupMemory(of total: Int) -> Int? {
  let groups = MemoryGroup.groups(in: text(of: "/proc/self/cgroup") ?? "")
  return groups.compactMap { group -> Int? in
    guard
      let limit = text(of: "\(group.folder)/\(group.limitName)").flatMap(MemoryGroup.byteCount),
      limit < total,
      let usage = text(of: "\(group.folder)/\(group.usageName)")
    else { return nil }
    let statistics = text(of: "\(group.folder)/memory.stat") ?? ""
    return MemoryGroup.remaining(limit: limit, usage: usage, statistics: statistics)
  }.min()
}

/// The text of one of the kernel's files, which do not tell their length; nil where there is none.
private func text(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&chunk, 1, 4096, file)
    guard count > 0 else { break }
    bytes += chunk[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
