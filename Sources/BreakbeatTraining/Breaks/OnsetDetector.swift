#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds where hits start, by the rise of energy.
package struct OnsetDetector {
  private let length: Int
  /// Sums of squared samples, of two passes of the loop.
  private let energySums: [Double]
  /// Sums of squared differences of neighbours: energy with the high frequencies raised.
  private let brightnessSums: [Double]
  private let window: Int

  package init(samples: [Float], sampleRate: Double) {
    length = samples.count
    window = max(2, Int(0.005 * sampleRate))
    var energy = [0.0]
    var brightness = [0.0]
    energy.reserveCapacity(2 * length + 1)
    brightness.reserveCapacity(2 * length + 1)
    var previous = Double(samples.last ?? 0)
    for index in 0..<2 * length {
      let sample = Double(samples[index % length])
      energy.append(energy[index] + sample * sample)
      brightness.append(brightness[index] + (sample - previous) * (sample - previous))
      previous = sample
    }
    energySums = energy
    brightnessSums = brightness
  }

  /// Energy of `count` samples from a position, around the loop's end.
  package func energy(_ position: Int, _ count: Int) -> Double {
    sum(energySums, position, count)
  }

  /// Energy of the differences of neighbouring samples.
  package func brightness(_ position: Int, _ count: Int) -> Double {
    sum(brightnessSums, position, count)
  }

  /// How sudden the sound grows at a position: the log ratios of the 5 ms after it to the 10 ms
  /// before it, of energy and of brightness. Low drums show in one, sticks and wires in the other.
  private func suddenness(_ position: Int) -> Double {
    let before = 2 * window
    var sum = 0.0
    for sums in [energySums, brightnessSums] {
      let floor = 0.02 * sums[length] / Double(length)
      let late = self.sum(sums, position, window) / Double(window) + floor
      let early = self.sum(sums, position - before, before) / Double(before) + floor
      sum += max(0, log(late / early))
    }
    return sum
  }

  /// The most sudden onset within some samples of a line, or nil if nothing starts there.
  ///
  /// Of a plateau the first position counts: there the attack has just begun to fill the window.
  package func onset(near line: Int, within reach: Int) -> Int? {
    let candidates = (line - reach...line + reach).map(suddenness)
    guard let strongest = candidates.max(), strongest > 1.5,
      let peak = candidates.firstIndex(where: { $0 >= 0.9 * strongest })
    else { return nil }
    return line - reach + peak
  }

  /// All onsets of the loop, ascending, at least `distance` samples apart.
  package func onsets(apart distance: Int) -> [Int] {
    let step = max(1, window / 6)
    let values = stride(from: 0, to: length, by: step).map(suddenness)
    let reach = max(1, distance / step)
    var found: [Int] = []
    for (index, value) in values.enumerated() where value > 1.5 {
      // The first of the largest values within reach, around the loop's end.
      let isPeak = (1...reach).allSatisfy { offset in
        let before = values[((index - offset) % values.count + values.count) % values.count]
        return before < value && values[(index + offset) % values.count] <= value
      }
      guard isPeak, let onset = onset(near: index * step, within: 2 * window) else { continue }
      if let last = found.last, onset - last < distance { continue }
      found.append(onset)
    }
    while let first = found.first, let last = found.last, found.count > 1,
      first + length - last < distance
    { found.removeLast() }
    return found
  }

  private func sum(_ sums: [Double], _ position: Int, _ count: Int) -> Double {
    let start = ((position % length) + length) % length
    return sums[start + min(count, length)] - sums[start]
  }
}
