package import SpectralAudio

/// A picture reduced to 32 x 64 means, for distances between many loops: a column is half a
/// sixteenth of a two-bar loop.
package struct SmallPicture: Sendable, Hashable {
  /// The levels.
  package let levels: [Float]

  /// Reduces a picture, `[bands, frames]`; levels beyond 0...1 count as 0 and 1.
  package init(_ picture: [Float], _ settings: SpectrogramSettings) {
    let (bands, frames) = (settings.bands, settings.frames)
    let (rows, columns) = (min(32, bands), min(64, frames))
    var sums = [Float](repeating: 0, count: rows * columns)
    var counts = sums
    for band in 0..<bands {
      let row = band * rows / bands
      for frame in 0..<frames {
        let place = row * columns + frame * columns / frames
        sums[place] += min(1, max(0, picture[band * frames + frame]))
        counts[place] += 1
      }
    }
    var levels = zip(sums, counts).map { $0 / $1 }
    // Vectors of eight below.
    while levels.count % 8 != 0 { levels.append(0) }
    self.levels = levels
  }

  /// The root mean square difference of levels: 0 for equal pictures, at most 1.
  package func distance(to other: SmallPicture) -> Double {
    var sums = SIMD8<Float>()
    levels.withUnsafeBufferPointer { a in
      other.levels.withUnsafeBufferPointer { b in
        for start in stride(from: 0, to: a.count, by: 8) {
          var difference = SIMD8<Float>()
          for lane in 0..<8 { difference[lane] = a[start + lane] - b[start + lane] }
          sums += difference * difference
        }
      }
    }
    return (Double(sums.sum()) / Double(levels.count)).squareRoot()
  }
}
