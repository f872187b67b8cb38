/// A log-mel picture: what the model sees and makes.
public struct SpectrogramImage: Sendable, Hashable {
  /// Rows: mel bands.
  public let bands: Int
  /// Columns: moments.
  public let frames: Int
  /// Levels, lowest band first, row-major `[bands, frames]`; 0 is black and 1 white, but decoded
  /// pictures may go beyond.
  public var levels: [Float]

  /// A picture of given levels.
  public init(bands: Int, frames: Int, levels: [Float]) {
    precondition(
      levels.count == bands * frames, "\(levels.count) levels for \(bands) x \(frames) pixels")
    self.bands = bands
    self.frames = frames
    self.levels = levels
  }

  /// The level of one pixel.
  public subscript(band: Int, frame: Int) -> Float { levels[band * frames + frame] }

  /// Levels as 8-bit shades, clamped; highest band first, as pictures are shown. Not-a-numbers
  /// become 0.
  public func shades() -> IndexedImage {
    var image = IndexedImage(width: frames, height: bands)
    for band in 0..<bands {
      for frame in 0..<frames {
        let level = self[band, frame]
        let shade = level > 0 ? UInt8(min(level, 1) * 255 + 0.5) : 0
        image[frame, bands - 1 - band] = shade
      }
    }
    return image
  }
}
