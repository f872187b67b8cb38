/// Device memory with a lifetime of its own.
public final class Buffer: Sendable {
  /// Size in bytes.
  public let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }
}
