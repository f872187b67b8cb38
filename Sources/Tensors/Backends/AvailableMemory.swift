#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that the machine can give to this program now: what Linux calls `MemAvailable`, elsewhere
/// all of its memory.
func availableMemory() -> Int {
  let total = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  guard let file = fopen("/proc/meminfo", "r") else { return total }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  while fgets(&line, Int32(line.count), file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let fields = text.split { $0 == " " || $0 == "\n" }
    if fields.first == "MemAvailable:", fields.count > 1, let kibibytes = Int(fields[1]) {
      return min(total, kibibytes << 10)
    }
  }
  return total
}
