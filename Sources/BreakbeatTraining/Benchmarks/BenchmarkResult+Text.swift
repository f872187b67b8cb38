public import Tensors

extension BenchmarkResult {
  /// Some lines for people, with at most so many operations.
  public func text(operations limit: Int) -> String {
    var parts = microBatchSize.map { ", \($0) at a time" } ?? ""
    if precision == .mixed { parts += ", mixed precision" }
    if let arithmetic { parts += ", \(arithmetic.rawValue) arithmetic" }
    if let isPlain {
      parts += isPlain ? ", plain" : ", with averages and the guard against spikes"
    }
    var lines = [
      "\(mode), \(preset), batch \(batchSize)\(parts): \(milliseconds(medianSeconds)) median, "
        + "\(milliseconds(bestSeconds)) best of \(runs); \(imagesPerSecond.rounded(places: 1)) "
        + "images/s, \(gigaflops.rounded(places: 1)) GFLOP/s",
      "  \(report)",
      "  compiled in \(compileSeconds.rounded(places: 2)) s; variables "
        + "\(mebibytes(variableByteCount))",
    ]
    if let half = report.halfStorage { lines.append("  \(half.text)") }
    if let replay {
      lines.append(
        "  outside of kernels \((100 * replay.share).rounded(places: 1)) %: kernels "
          + "\(milliseconds(replay.kernelSeconds)), barriers \(milliseconds(replay.gapSeconds)), "
          + "host \(milliseconds(replay.hostSeconds))")
    }
    guard !operations.isEmpty, limit > 0 else { return lines.joined(separator: "\n") }
    lines.append("      ms   share  count  GFLOP/s     GB/s  of ceiling  operation")
    for operation in operations.prefix(limit) {
      lines.append(
        column((operation.seconds * 1000).rounded(places: 3), 8)
          + column((100 * operation.share).rounded(places: 1) + "%", 8)
          + column("\(operation.count)", 7) + column(operation.gigaflops.rounded(places: 1), 9)
          + column(operation.gigabytesPerSecond.rounded(places: 1), 9)
          + column((100 * operation.ceilingShare).rounded(places: 0) + "%", 12)
          + "  \(operation.label)")
    }
    if operations.count > limit {
      let rest = operations.dropFirst(limit).reduce(0) { $0 + $1.seconds }
      lines.append(
        column((rest * 1000).rounded(places: 3), 8) + "  in \(operations.count - limit) more")
    }
    return lines.joined(separator: "\n")
  }
}

extension LayerTime {
  /// The heading of ``line``.
  public static let heading =
    "      ms  GFLOP/s  of ceiling  direction  layer"

  /// One line for people.
  public var line: String {
    column((seconds * 1000).rounded(places: 3), 8) + column(gigaflops.rounded(places: 1), 9)
      + column((100 * ceilingShare).rounded(places: 0) + "%", 12)
      + "  \(direction.rawValue)" + String(repeating: " ", count: 9 - direction.rawValue.count)
      + "  \(layer) \(shapes)"
  }
}

extension DeviceCeilings {
  /// One line for people.
  public var text: String {
    "measured ceilings: \((arithmetic / 1e9).rounded(places: 1)) GFLOP/s, "
      + "\((bandwidth / 1e9).rounded(places: 1)) GB/s"
  }
}

func milliseconds(_ seconds: Double) -> String {
  "\((seconds * 1000).rounded(places: 2)) ms"
}

/// A text at the right of a column.
private func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
