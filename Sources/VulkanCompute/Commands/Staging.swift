import CVulkan
import Synchronization

/// Moves bytes between the host and device-local buffers through buffers that both see.
final class Staging: Sendable {
  /// Bytes moved at a time.
  static let chunkByteCount = 16 << 20

  private let device: LogicalDevice
  private let parts = Mutex<Parts>(Parts())

  private struct Parts {
    var pool: CommandPool?
    var upload: Buffer?
    var readback: Buffer?
    /// What the device may still have used when waiting for it failed, and the timeline's value
    /// when it no longer does.
    var abandoned: [(value: UInt64, objects: [AnyObject])] = []
  }

  init(_ device: LogicalDevice) { self.device = device }

  /// Frees what was abandoned and is no longer used; what a device that stopped answering may
  /// still use is never freed.
  deinit {
    let abandoned = parts.withLock { $0.abandoned }
    guard let last = abandoned.last else { return }
    if !device.settle(until: last.value, patience: 0, doing: "closing \(device.name)").isOver {
      for object in abandoned.flatMap(\.objects) { _ = Unmanaged.passRetained(object) }
    }
  }

  /// Copies host bytes into a device-local buffer.
  func upload(_ bytes: UnsafeRawBufferPointer, to target: Buffer, at offset: Int, patience: Double)
    throws
  {
    try parts.withLock { parts in
      var done = 0
      while done < bytes.count {
        let count = min(Self.chunkByteCount, bytes.count - done)
        let staging = try buffer(&parts.upload, .upload, holding: count)
        staging.withMappedBytes {
          $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
        }
        try run(&parts, patience, "an upload to \(target.label)", using: target) {
          $0.copy(
            from: staging, at: 0, to: target, at: offset + done, byteCount: count,
            label: "an upload to \(target.label)")
        }
        done += count
      }
    }
  }

  /// Copies a device-local buffer's bytes to the host.
  func download(
    _ source: Buffer, at offset: Int, into bytes: UnsafeMutableRawBufferPointer, patience: Double
  ) throws {
    try parts.withLock { parts in
      var done = 0
      while done < bytes.count {
        let count = min(Self.chunkByteCount, bytes.count - done)
        let staging = try buffer(&parts.readback, .readback, holding: count)
        try run(&parts, patience, "a download from \(source.label)", using: source) {
          $0.copy(
            from: source, at: offset + done, to: staging, at: 0, byteCount: count,
            label: "a download from \(source.label)")
        }
        staging.withMappedBytes {
          UnsafeMutableRawBufferPointer(rebasing: bytes[done..<done + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
        done += count
      }
    }
  }

  /// The staging buffer, made again when it is too small.
  private func buffer(_ slot: inout Buffer?, _ kind: Buffer.Kind, holding byteCount: Int) throws
    -> Buffer
  {
    if let buffer = slot, buffer.byteCount >= byteCount { return buffer }
    slot = nil
    let rounded = min(Self.chunkByteCount, (byteCount + 0xFFFF) & ~0xFFFF)
    let made = try Buffer(device, byteCount: rounded, kind: kind, label: "staging (\(kind))")
    slot = made
    return made
  }

  /// Records commands between barriers, runs them and waits.
  private func run(
    _ parts: inout Parts, _ patience: Double, _ label: String, using buffer: Buffer,
    _ body: (CommandEncoder) -> Void
  ) throws {
    let pool = try parts.pool ?? CommandPool(device)
    // Kept only when the work has finished: a pool in use must not be reset.
    parts.pool = nil
    let commands = try pool.record(reusable: false) { encoder in
      encoder.barrier()
      body(encoder)
      encoder.barrier()
      encoder.hostBarrier()
    }
    let batch = CommandBatch(
      [commands], submissions: [0..<1], timeline: device.timeline)
    let value = try device.submit(batch, doing: label)
    let (isOver, error) = device.settle(until: value, patience: patience, doing: label)
    guard isOver else {
      // The device may still use them.
      let objects: [AnyObject?] = [pool, parts.upload, parts.readback, buffer]
      parts.abandoned.append((value, objects.compactMap { $0 }))
      (parts.upload, parts.readback) = (nil, nil)
      throw error ?? VulkanError(.driver, "\(label) on \(device.name) did not end")
    }
    pool.free(commands)
    parts.pool = pool
    if let error { throw error }
  }
}

extension Device {
  /// Writes bytes into a buffer of any kind; returns when they are there.
  ///
  /// - Throws: ``VulkanError`` when staging memory or the device fails.
  public func upload(
    _ bytes: UnsafeRawBufferPointer, to buffer: Buffer, offset: Int = 0
  ) throws {
    precondition(
      offset >= 0 && offset + bytes.count <= buffer.byteCount,
      "upload of bytes \(offset)..<\(offset + bytes.count) to \(buffer.byteCount)")
    guard !bytes.isEmpty else { return }
    if buffer.kind == .deviceLocal {
      try staging.upload(bytes, to: buffer, at: offset, patience: defaultPatience)
    } else {
      buffer.withMappedBytes {
        UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyMemory(from: bytes)
      }
    }
  }

  /// Writes values into a buffer of any kind; returns when they are there.
  public func upload<T: BitwiseCopyable>(
    _ values: [T], to buffer: Buffer, offset: Int = 0
  ) throws {
    try values.withUnsafeBytes { try upload($0, to: buffer, offset: offset) }
  }

  /// Reads bytes from a buffer of any kind. Work that writes an upload or readback buffer must have
  /// been waited for; a device-local buffer is read after everything submitted before.
  public func download(
    _ buffer: Buffer, offset: Int = 0, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(
      offset >= 0 && offset + bytes.count <= buffer.byteCount,
      "download of bytes \(offset)..<\(offset + bytes.count) of \(buffer.byteCount)")
    guard !bytes.isEmpty else { return }
    if buffer.kind == .deviceLocal {
      try staging.download(buffer, at: offset, into: bytes, patience: defaultPatience)
    } else {
      buffer.withMappedBytes {
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + bytes.count]))
      }
    }
  }

  /// Reads values from a buffer of any kind, on the same terms.
  public func download<T: BitwiseCopyable>(
    _ buffer: Buffer, offset: Int = 0, count: Int, as type: T.Type
  ) throws -> [T] {
    try [T](unsafeUninitializedCapacity: count) { values, initialized in
      let bytes = UnsafeMutableRawBufferPointer(
        start: values.baseAddress, count: count * MemoryLayout<T>.stride)
      try download(buffer, offset: offset, into: bytes)
      initialized = count
    }
  }
}
