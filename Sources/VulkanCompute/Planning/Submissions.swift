extension GraphPlan {
  /// Number of pieces that a graph's work is recorded in, more or less: submissions are made of
  /// whole pieces, so that they can be cut anew without recording anything.
  private static let pieceCount = 128

  /// Cuts the steps into pieces of about equal work, one command buffer each, none longer than
  /// `seconds` unless it is a single step.
  mutating func cutIntoPieces(lasting seconds: Double) {
    let longest = min(seconds, steps.reduce(0) { $0 + $1.seconds } / Double(Self.pieceCount))
    var piece = 0
    var length = 0.0
    for index in steps.indices {
      let own = steps[index].seconds
      if length > 0, length + own > longest * (1 + 1e-9) {
        piece += 1
        length = 0
      }
      length += own
      steps[index].piece = piece
    }
  }

  /// Estimated seconds of each piece.
  package var pieceSeconds: [Double] {
    var seconds = [Double](repeating: 0, count: (steps.last?.piece ?? 0) + 1)
    for step in steps { seconds[step.piece] += step.seconds }
    return seconds
  }

  /// Runs of pieces that each last at most `limit` seconds, or are a single piece.
  package static func submissions(of pieces: [Double], lasting limit: Double) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    var length = 0.0
    for (index, own) in pieces.enumerated() {
      if index > start, length + own > limit * (1 + 1e-9) {
        result.append(start..<index)
        (start, length) = (index, 0)
      }
      length += own
    }
    return result + [start..<pieces.count]
  }
}
