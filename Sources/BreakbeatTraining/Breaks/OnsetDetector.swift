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
    window = max(2, Int(0.006 * sampleRate))
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

  /// How much the energy rises at a position: after it less before it.
  private func rise(_ position: Int) -> (rise: Double, ratio: Double) {
    let after = energy(position, window) + 2 * brightness(position, window)
    let before = energy(position - window, window) + 2 * brightness(position - window, window)
    return (after - before, after / max(before, .leastNormalMagnitude))
  }

  /// The strongest onset within some samples of a line, or nil if nothing starts there.
  package func onset(near line: Int, within reach: Int) -> Int? {
    var best = line
    var strongest = 0.0
    var ratio = 0.0
    for position in line - reach...line + reach {
      let candidate = rise(position)
      if candidate.rise > strongest {
        (strongest, ratio, best) = (candidate.rise, candidate.ratio, position)
      }
    }
    let mean = (energySums[length] + 2 * brightnessSums[length]) / Double(length)
    let isHit = ratio > 2 && strongest > 0.1 * mean * Double(window)
    return isHit ? best : nil
  }

  private func sum(_ sums: [Double], _ position: Int, _ count: Int) -> Double {
    let start = ((position % length) + length) % length
    return sums[start + min(count, length)] - sums[start]
  }
}
