/// Where the frames of a signal lie: frame `m` holds samples `m * hop - offset ..<
/// m * hop - offset + frameSize`.
public struct FrameGeometry: Sendable, Hashable {
  /// What a frame reads where the signal has no sample.
  public enum Boundary: String, Sendable, Hashable, Codable, CaseIterable {
    /// The signal again: a loop. Needs `sampleCount == frameCount * hop`.
    case circular
    /// Zeros.
    case zero
    /// The signal mirrored at its first and last sample, which are not repeated.
    case reflect

    /// Its case in the shaders.
    var code: UInt32 {
      switch self {
      case .circular: 0
      case .zero: 1
      case .reflect: 2
      }
    }
  }

  /// Samples of one frame.
  public let frameSize: Int
  /// Samples from one frame to the next.
  public let hop: Int
  /// Number of frames.
  public let frameCount: Int
  /// Samples of the signal.
  public let sampleCount: Int
  /// Samples that frame 0 starts before the signal; negative where it starts later.
  public let offset: Int
  /// What frames read outside the signal.
  public let boundary: Boundary

  /// A geometry; every size at least 1.
  ///
  /// Traps when a circular signal does not have `frameCount * hop` samples, or when a frame reads
  /// beyond the mirror image of a reflected signal.
  public init(
    frameSize: Int, hop: Int, frameCount: Int, sampleCount: Int, offset: Int, boundary: Boundary
  ) {
    precondition(
      frameSize > 0 && hop > 0 && frameCount > 0 && sampleCount > 0,
      "frames: size \(frameSize), hop \(hop), \(frameCount) frames, \(sampleCount) samples")
    let end = (frameCount - 1) * hop - offset + frameSize
    switch boundary {
    case .circular:
      precondition(
        sampleCount == frameCount * hop,
        "circular frames: \(sampleCount) samples, \(frameCount) frames x hop \(hop)")
    case .reflect:
      precondition(
        offset < sampleCount && end < 2 * sampleCount,
        "reflected frames: \(offset) samples before and \(max(0, end - sampleCount)) behind "
          + "a signal of \(sampleCount)")
    case .zero: break
    }
    self.frameSize = frameSize
    self.hop = hop
    self.frameCount = frameCount
    self.sampleCount = sampleCount
    self.offset = offset
    self.boundary = boundary
  }

  /// The same frames under another boundary.
  public func with(_ boundary: Boundary) -> FrameGeometry {
    FrameGeometry(
      frameSize: frameSize, hop: hop, frameCount: frameCount, sampleCount: sampleCount,
      offset: offset, boundary: boundary)
  }

  /// The frames that hold position `position` of the unfolded signal, counted from frame 0's
  /// first sample; frame numbers of a circular signal may lie outside `0 ..< frameCount`.
  func frames(holding position: Int) -> Range<Int> {
    let first = floorDivision(position - frameSize, hop) + 1
    let end = floorDivision(position, hop) + 1
    guard boundary != .circular else { return first..<end }
    let lower = max(0, first)
    return lower..<max(lower, min(frameCount, end))
  }

  /// The row of a frame number.
  func row(of frame: Int) -> Int { boundary == .circular ? modulo(frame, frameCount) : frame }
}

/// The largest whole number not above `a / b`, for positive `b`.
func floorDivision(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }

/// The remainder in `0 ..< b`.
func modulo(_ a: Int, _ b: Int) -> Int {
  let remainder = a % b
  return remainder < 0 ? remainder + b : remainder
}
