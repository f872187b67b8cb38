package import SpectralAudio

/// How much a picture brightens from frame to frame, around the loop's end:
/// o[m] = mean over bands of max(0, I[b, m] - I[b, m - 1]).
package struct OnsetCurve: Sendable {
  /// o, one number per frame.
  package let values: [Double]
  private let framesPerSixteenth: Double

  /// The curve of a picture, `[bands, frames]`, or of a part of its bands.
  package init(_ levels: [Float], _ settings: SpectrogramSettings, bands: Range<Int>? = nil) {
    let bands = bands ?? 0..<settings.bands
    let frames = settings.frames
    var sums = [Double](repeating: 0, count: frames)
    for band in bands {
      var previous = levels[band * frames + frames - 1]
      for frame in 0..<frames {
        let level = levels[band * frames + frame]
        sums[frame] += Double(max(0, level - previous))
        previous = level
      }
    }
    values = sums.map { $0 / Double(max(1, bands.count)) }
    framesPerSixteenth = Double(frames) / settings.sixteenthCount
  }

  /// A curve of given values, for tests.
  package init(values: [Double], framesPerSixteenth: Double) {
    self.values = values
    self.framesPerSixteenth = framesPerSixteenth
  }

  /// The mean of the curve.
  package var mean: Double { values.reduce(0, +) / Double(max(1, values.count)) }

  /// Its standard deviation.
  package var deviation: Double {
    let mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(max(1, values.count))).squareRoot()
  }

  /// Frames at which the curve is larger than at both neighbours and half a standard deviation
  /// above its mean.
  package var peaks: [Int] {
    let threshold = mean + deviation / 2
    let count = values.count
    return values.indices.filter { index in
      values[index] > threshold && values[index] > values[(index + count - 1) % count]
        && values[index] >= values[(index + 1) % count]
    }
  }

  /// The nearest sixteenth of each frame, counted from the start of the loop; the first is also next
  /// to the loop's end.
  private func sixteenth(_ frame: Int) -> Int {
    let count = max(1, Int((Double(values.count) / framesPerSixteenth).rounded()))
    return Int((Double(frame) / framesPerSixteenth).rounded()) % count
  }

  /// The part of the curve's sum that is nearest to an odd sixteenth: between the eighths.
  package var offbeatShare: Double {
    let sum = values.reduce(0, +)
    guard sum > 0 else { return 0 }
    let off = values.indices.filter { sixteenth($0) % 2 == 1 }.reduce(0) { $0 + values[$1] }
    return off / sum
  }

  /// The curve's sum at each sixteenth of a bar, bars of a loop on top of each other, 16 numbers
  /// that add up to 1 (or are 0); a loop of half a bar leaves the other half 0.
  package var bar: [Double] {
    var bar = [Double](repeating: 0, count: 16)
    for frame in values.indices { bar[sixteenth(frame) % 16] += values[frame] }
    let sum = bar.reduce(0, +)
    return sum > 0 ? bar.map { $0 / sum } : bar
  }

  /// The correlation of the curve with itself a number of half sixteenths later, 1...`count`.
  package func autocorrelations(count: Int) -> [Double] {
    let mean = mean
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let length = values.count
    return (1...count).map { lag in
      guard variance > 0 else { return 0 }
      let shift = Int((Double(lag) * framesPerSixteenth / 2).rounded()) % length
      var sum = 0.0
      for frame in values.indices {
        sum += (values[frame] - mean) * (values[(frame + shift) % length] - mean)
      }
      return sum / variance
    }
  }
}
