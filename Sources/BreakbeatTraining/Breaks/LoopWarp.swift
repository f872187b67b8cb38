/// Moves the onsets of a loop to other places and fits the sound between them.
///
/// Each piece, from one onset to the next, gets the length that the places leave for it. It begins
/// 2 ms early on a linear fade while the one before fades out, so an attack sounds exactly once and
/// exactly where it is put.
struct LoopWarp {
  /// One pass of the loop.
  let samples: [Float]
  /// Its rate in Hz.
  let rate: Double
  /// Samples of the result.
  let length: Int
  /// How pieces get their length.
  let fit: BreakFitting.Fit

  private let interpolator = SincInterpolator()

  init(samples: [Float], rate: Double, length: Int, fit: BreakFitting.Fit) {
    precondition(!samples.isEmpty && length > 0, "LoopWarp: \(samples.count) to \(length) samples")
    self.samples = samples
    self.rate = rate
    self.length = length
    self.fit = fit
  }

  /// The loop with each onset `from` at `to`; the first may lie before 0.
  ///
  /// - Parameter moves: ascending in both; none moves the loop as a whole.
  func samples(moving moves: [(from: Int, to: Int)]) -> [Float] {
    let moves = moves.isEmpty ? [(from: 0, to: 0)] : moves
    var output = [Float](repeating: 0, count: length)
    let fade = max(1, Int(0.002 * rate))
    for (index, move) in moves.enumerated() {
      let isLast = index == moves.count - 1
      let next = isLast ? (moves[0].from + samples.count, moves[0].to + length) : moves[index + 1]
      let (inputCount, outputCount) = (next.0 - move.from, next.1 - move.to)
      guard outputCount > 0, inputCount > 0 else { continue }
      let lead = min(fade, outputCount)
      var piece = (0..<lead).map { sample(move.from - lead + $0) }
      piece += body(from: move.from, inputCount, to: outputCount)
      for offset in 0..<lead {
        piece[offset] *= Float(offset) / Float(lead)
        piece[piece.count - lead + offset] *= Float(lead - offset) / Float(lead)
      }
      for (offset, value) in piece.enumerated() {
        let at = (move.to - lead + offset) % length
        output[at < 0 ? at + length : at] += value
      }
    }
    return output
  }

  private func sample(_ index: Int) -> Float {
    let at = index % samples.count
    return samples[at < 0 ? at + samples.count : at]
  }

  private func body(from start: Int, _ inputCount: Int, to outputCount: Int) -> [Float] {
    switch fit {
    case .repitch:
      let speed = Double(inputCount) / Double(outputCount)
      return samples.withUnsafeBufferPointer { loop in
        (0..<outputCount).map { offset in
          let position = Double(start) + Double(offset) * speed
          return interpolator.value(of: loop, at: position, speed: speed)
        }
      }
    case .stretch:
      let input = (0..<inputCount).map { sample(start + $0) }
      return TimeStretch(rate: rate).stretched(input, to: outputCount)
    }
  }
}
