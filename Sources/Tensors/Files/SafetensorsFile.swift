#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A safetensors file that is open for reading: named tensors and a map of strings.
///
/// ```swift
/// let file = try SafetensorsFile(contentsOf: "model.safetensors")
/// let weight = try file.values(of: "encoder.weight")
/// ```
///
/// Opening reads and checks the header only; each tensor is read when asked for. `F32` is read as
/// it is, `F16` and `BF16` are widened; tensors of other types are listed but not readable.
///
/// Format: a little-endian 64-bit header length, the header in JSON, the tensors' bytes.
public final class SafetensorsFile: Sendable {
  /// Where it was opened.
  public let path: String
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// Tensors in the order of their bytes.
  public let names: [String]
  private let entries: [String: SafetensorsHeader.Entry]
  private let source: Source
  private let dataStart: Int

  /// Where the bytes are.
  private enum Source {
    case file(descriptor: Int32)
    case memory([UInt8])

    func bytes(_ range: Range<Int>) throws -> [UInt8] {
      switch self {
      case .file(let descriptor): try read(descriptor, range)
      case .memory(let bytes): Array(bytes[range])
      }
    }
  }

  /// Opens a file and checks its header.
  ///
  /// - Throws: ``TensorError`` with code `invalidFile` when it is missing, damaged or foreign.
  public convenience init(contentsOf path: String) throws {
    let (descriptor, size) = try Self.open(path)
    try self.init(.file(descriptor: descriptor), size: size, path: path)
  }

  /// Opens the bytes of a file that are in memory already, for example those of a bundle.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: What ``path`` and errors call it.
  /// - Throws: ``TensorError`` with code `invalidFile` when they are damaged or foreign.
  public convenience init(bytes: [UInt8], name: String) throws {
    try self.init(.memory(bytes), size: bytes.count, path: name)
  }

  private init(_ source: Source, size: Int, path: String) throws {
    self.source = source
    self.path = path
    do {
      let dataStart = try Self.headerEnd(source, size: size)
      let json = try source.bytes(8..<dataStart)
      let header = try SafetensorsHeader(json: json, dataByteCount: size - dataStart)
      metadata = header.metadata
      entries = header.entries
      names = header.entries.sorted {
        ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
          < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
      }.map(\.key)
      self.dataStart = dataStart
    } catch {
      // No deinit for an object that was never whole.
      if case .file(let descriptor) = source { close(descriptor) }
      if let failure = error as? SafetensorsHeader.Failure {
        throw invalidFile(path, failure.reason)
      }
      throw error
    }
  }

  deinit {
    if case .file(let descriptor) = source { close(descriptor) }
  }

  private static func open(_ path: String) throws -> (descriptor: Int32, size: Int) {
    // Without O_NONBLOCK, opening a named pipe would wait for ever.
    let descriptor = openFile(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "there is no such file; check the path" : systemReason()
      throw invalidFile(path, reason)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw invalidFile(path, "it is not a file; give a .safetensors file")
    }
    return (descriptor, Int(status.st_size))
  }

  private static func headerEnd(_ source: Source, size: Int) throws -> Int {
    guard size >= 10 else {
      throw SafetensorsHeader.Failure(
        "\(size) bytes are too few for a safetensors file; give another file")
    }
    let length = try source.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsHeader.maximumByteCount) else {
      throw SafetensorsHeader.Failure(
        "it is no safetensors file (a header of \(length) bytes); give a .safetensors file")
    }
    guard Int(length) <= size - 8 else {
      throw SafetensorsHeader.Failure(
        "it is cut off or no safetensors file (a header of \(length) bytes in \(size)); copy it "
          + "again or give another file")
    }
    return 8 + Int(length)
  }

  /// Whether the file holds a tensor of that name.
  public func contains(_ name: String) -> Bool { entries[name] != nil }

  /// The sizes of a tensor; `nil` when there is none of that name.
  public func dimensions(of name: String) -> [Int]? { entries[name]?.dimensions }

  /// Reads a tensor, row-major.
  ///
  /// - Throws: ``TensorError`` with code `invalidFile` when there is no tensor of that name, its
  ///   type is not `F32`, `F16` or `BF16`, or it cannot be read.
  public func values(of name: String) throws -> [Float] {
    guard let entry = entries[name] else {
      throw invalidFile(path, "it has no tensor \(name)")
    }
    let bytes: [UInt8]
    do {
      let start = dataStart + entry.bytes.lowerBound
      bytes = try source.bytes(start..<start + entry.bytes.count)
    } catch let failure as SafetensorsHeader.Failure {
      throw invalidFile(path, "tensor \(name): \(failure.reason)")
    }
    switch entry.dataType {
    case "F32":
      return [Float](unsafeUninitializedCapacity: bytes.count / 4) { values, count in
        UnsafeMutableRawBufferPointer(values).copyBytes(from: bytes)
        count = bytes.count / 4
      }
    case "F16": return halfWords(bytes).map(widened)
    case "BF16": return halfWords(bytes).map { Float(bitPattern: UInt32($0) << 16) }
    default:
      throw invalidFile(
        path, "tensor \(name) is of type \(entry.dataType); convert it to F32, F16 or BF16")
    }
  }
}

/// The C function, where the method of the same name hides it.
private func openFile(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }

private func invalidFile(_ path: String, _ reason: String) -> TensorError {
  TensorError(.invalidFile, "cannot read '\(path)': \(reason)")
}

/// Reads exactly the bytes of a range.
private func read(_ descriptor: Int32, _ range: Range<Int>) throws -> [UInt8] {
  try [UInt8](unsafeUninitializedCapacity: range.count) { bytes, count in
    while count < range.count {
      let length = pread(
        descriptor, bytes.baseAddress.map { $0 + count }, range.count - count,
        off_t(range.lowerBound + count))
      if length < 0 && errno == EINTR { continue }
      guard length > 0 else {
        throw SafetensorsHeader.Failure(length < 0 ? systemReason() : "the file became shorter")
      }
      count += length
    }
  }
}

private func halfWords(_ bytes: [UInt8]) -> [UInt16] {
  stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
}

/// IEEE 754 half precision as single precision; `Float16` is missing on some platforms.
private func widened(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10 & 0x1F)
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
