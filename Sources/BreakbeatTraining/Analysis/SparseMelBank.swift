import SpectralAudio

/// The non-zero weights of a mel filter bank: a few per row.
struct SparseMelBank: Sendable {
  private let rows: [Range<Int>]
  private let weights: [Float]

  init(_ bank: MelFilterBank) {
    var weights: [Float] = []
    for (band, columns) in bank.support.enumerated() {
      let row = bank.weights.dropFirst(band * bank.bins).prefix(bank.bins)
      weights += row.dropFirst(columns.lowerBound).prefix(columns.count)
    }
    rows = bank.support
    self.weights = weights
  }

  /// Gives each band's weighted sum of a power spectrum to a closure.
  func apply(_ bins: [Float], _ store: (Int, Float) -> Void) {
    weights.withUnsafeBufferPointer { weights in
      bins.withUnsafeBufferPointer { bins in
        var next = 0
        for (band, columns) in rows.enumerated() {
          var sum: Float = 0
          for bin in columns {
            sum += weights[next] * bins[bin]
            next += 1
          }
          store(band, sum)
        }
      }
    }
  }
}
