/// Owns the C structs, arrays and strings that one call to Vulkan points to.
struct CallArena: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  /// A stable copy of a struct.
  mutating func store<T: BitwiseCopyable>(_ value: T) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: 1)
    pointer.initialize(to: value)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  /// A stable copy of an array.
  mutating func store<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    pointer.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  /// A stable, terminated copy of a string.
  mutating func store(_ text: String) -> UnsafePointer<CChar> {
    UnsafePointer(store(text.utf8CString.map { $0 }))
  }

  /// A stable list of strings.
  mutating func store(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(store(texts.map { Optional(store($0)) }))
  }

  deinit {
    for block in blocks { block.deallocate() }
  }
}

/// Lends an arena that lives exactly as long as the closure runs.
func withCallArena<R>(_ body: (inout CallArena) throws -> R) rethrows -> R {
  var arena = CallArena()
  return try body(&arena)
}

/// The text in a C array of characters, which Swift imports as a tuple.
func text<T: BitwiseCopyable>(inTuple tuple: T) -> String {
  withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// The bytes of a C array, which Swift imports as a tuple.
func bytes<T: BitwiseCopyable>(inTuple tuple: T) -> [UInt8] {
  withUnsafeBytes(of: tuple) { Array($0) }
}
