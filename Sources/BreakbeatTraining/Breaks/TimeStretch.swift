/// Changes the length of one hit at constant pitch, by waveform similarity overlap-add.
///
/// The attack, its first 30 ms, is copied. The rest is laid out in blocks of 12.5 ms: each
/// cross-fades from the natural continuation of the block before to the place in the input where the
/// time line wants to be, moved by at most ±10 ms to where the two resemble each other most
/// (normalized cross-correlation).
///
/// Source: Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)"
/// (1993); attacks kept as in Grofit and Lavner, "Time-scale modification of audio signals using
/// enhanced WSOLA with management of transients" (2008).
package struct TimeStretch {
  private let attack: Int
  private let block: Int
  private let reach: Int

  /// A stretcher for a sample rate.
  package init(rate: Double) {
    attack = max(1, Int(0.03 * rate))
    block = max(4, Int(0.0125 * rate))
    reach = max(1, Int(0.01 * rate))
  }

  /// The sound with `count` samples; what is too short to be stretched ends early, in silence.
  package func stretched(_ input: [Float], to count: Int) -> [Float] {
    if input.count == count { return input }
    // Shortening a short hit eats into the attack's end at the last.
    let copied = min(attack, input.count, count)
    var output = Array(input[..<copied])
    output.reserveCapacity(count + block)
    guard input.count >= copied + 2 * block else {
      output += input[copied..<min(input.count, count)]
      return Self.faded(output, to: count, over: block)
    }
    let speed = Double(input.count - copied) / Double(max(1, count - copied))
    var natural = copied
    while output.count < count {
      let wanted = Double(copied) + Double(output.count - copied) * speed
      let last = input.count - block
      let start = bestStart(
        input, continuing: natural, near: min(max(copied, Int(wanted.rounded())), last),
        within: copied...last)
      for offset in 0..<block {
        let weight = (Float(offset) + 0.5) / Float(block)
        let continued = natural + offset < input.count ? input[natural + offset] : 0
        output.append(continued + (input[start + offset] - continued) * weight)
      }
      natural = start + block
    }
    return Array(output[..<count])
  }

  /// The start, near a place, whose block resembles the natural continuation most.
  private func bestStart(
    _ input: [Float], continuing natural: Int, near place: Int, within range: ClosedRange<Int>
  ) -> Int {
    guard natural + block <= input.count else { return place }
    var best = (start: place, likeness: -Double.infinity)
    let first = max(range.lowerBound, place - reach)
    for start in first...max(first, min(range.upperBound, place + reach)) {
      var (product, energy) = (0.0, 1e-12)
      for offset in 0..<block {
        let (value, target) = (Double(input[start + offset]), Double(input[natural + offset]))
        product += value * target
        energy += value * value
      }
      let likeness = product / energy.squareRoot()
      if likeness > best.likeness { best = (start, likeness) }
    }
    return best.start
  }

  private static func faded(_ samples: [Float], to count: Int, over block: Int) -> [Float] {
    guard samples.count < count else { return Array(samples[..<count]) }
    var samples = samples
    let fade = min(block, samples.count)
    for offset in 0..<fade {
      samples[samples.count - 1 - offset] *= Float(offset) / Float(fade)
    }
    return samples + [Float](repeating: 0, count: count - samples.count)
  }
}
