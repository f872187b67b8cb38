extension ProgramReport {
  /// What storing feature maps in 16 bits changes about a program in ``Precision/mixed``, beside the
  /// same steps in 32 bits. Both arenas are planned alike, without the scratch memory that some
  /// kernels take.
  public struct HalfStorage: Sendable, Hashable, Codable {
    /// Feature maps that are stored in 16 bits.
    public var mapCount: Int
    /// Their elements.
    public var elementCount: Int
    /// Bytes of intermediate results with shared memory.
    public var arenaByteCount: Int
    /// The same in 32 bits.
    public var float32ArenaByteCount: Int
    /// Bytes read from memory and written to it.
    public var bytesMoved: Int
    /// The same in 32 bits.
    public var float32BytesMoved: Int

    /// Counts beside those of the same program in 32 bits.
    package init(
      mapCount: Int = 0, elementCount: Int = 0, arenaByteCount: Int = 0,
      float32ArenaByteCount: Int = 0, bytesMoved: Int = 0, float32BytesMoved: Int = 0
    ) {
      self.mapCount = mapCount
      self.elementCount = elementCount
      self.arenaByteCount = arenaByteCount
      self.float32ArenaByteCount = float32ArenaByteCount
      self.bytesMoved = bytesMoved
      self.float32BytesMoved = float32BytesMoved
    }

    /// Adds another program's runs: all they move, and its memory once.
    mutating func add(_ other: HalfStorage, runs: Int) {
      mapCount += other.mapCount
      elementCount += other.elementCount
      arenaByteCount += other.arenaByteCount
      float32ArenaByteCount += other.float32ArenaByteCount
      bytesMoved += runs * other.bytesMoved
      float32BytesMoved += runs * other.float32BytesMoved
    }

    /// One line.
    public var text: String {
      "\(mapCount) feature maps in 16 bits: \(megabytes(bytesMoved)) MB moved "
        + "(\(megabytes(float32BytesMoved)) in float32), arena \(megabytes(arenaByteCount)) MB "
        + "(\(megabytes(float32ArenaByteCount)) in float32)"
    }

    private func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e5).rounded() / 10)" }
  }
}
