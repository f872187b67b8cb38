/// What one command buffer does to memory, noted while it is recorded: for ``HazardChecker``.
///
/// Unchecked: written while its command buffer is recorded, by one thread, and read afterwards.
package final class CommandTrace: @unchecked Sendable {
  /// Bytes of one buffer that a command touches.
  package struct Access: Sendable, Hashable {
    /// The buffer's handle.
    package var buffer: UInt64
    /// The buffer's name.
    package var label: String
    /// The bytes.
    package var bytes: Range<Int>
    /// Whether the command may load them.
    package var reads: Bool
    /// Whether the command may store them.
    package var writes: Bool
    /// Whether the host sees the buffer's bytes.
    package var isHostVisible: Bool

    package init(
      buffer: UInt64, label: String, bytes: Range<Int>, reads: Bool, writes: Bool,
      isHostVisible: Bool
    ) {
      self.buffer = buffer
      self.label = label
      self.bytes = bytes
      self.reads = reads
      self.writes = writes
      self.isHostVisible = isHostVisible
    }
  }

  /// One command.
  package enum Event: Sendable, Hashable {
    /// A dispatch, copy or fill.
    case command(String, [Access])
    /// Orders all device work before it against all after it, and shows the former's stores.
    case barrier
    /// Shows all stores of the device before it to the host.
    case hostBarrier
  }

  /// In the order of recording.
  package internal(set) var events: [Event] = []

  init() {}
}

extension Buffer {
  /// An access to some of the buffer's bytes.
  func access(_ bytes: Range<Int>, reads: Bool = false, writes: Bool = false)
    -> CommandTrace.Access
  {
    .init(
      buffer: UInt64(handle), label: label, bytes: bytes, reads: reads, writes: writes,
      isHostVisible: kind != .deviceLocal)
  }
}
