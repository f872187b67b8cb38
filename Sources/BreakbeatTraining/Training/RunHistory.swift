/// What a run has measured so far, thinned for curves: it does not grow with the run.
package struct RunHistory: Sendable {
  /// Reports at even distances, ascending; means of those between.
  private(set) var reports: [TrainingReport] = []
  /// The smallest held-out loss.
  package private(set) var bestLoss: Double?
  /// Losses of the last steps.
  package private(set) var lastLosses: [Double] = []
  /// How many reports each of ``reports`` stands for.
  private var stride = 1
  private var pending: [TrainingReport] = []

  private static let limit = 1024

  /// An empty history.
  package init() {}

  /// Adds the report of a step.
  package mutating func append(_ report: TrainingReport) {
    if let loss = report.heldOutLoss { bestLoss = min(bestLoss ?? loss, loss) }
    lastLosses.append(report.loss)
    if lastLosses.count > 2 * DivergenceGuard.memory {
      lastLosses.removeFirst(lastLosses.count - DivergenceGuard.memory)
    }
    pending.append(report)
    guard pending.count >= stride else { return }
    reports.append(TrainingReport.mean(of: pending))
    pending = []
    guard reports.count >= 2 * Self.limit else { return }
    reports = Swift.stride(from: 0, to: reports.count, by: 2).map {
      TrainingReport.mean(of: Array(reports[$0..<min($0 + 2, reports.count)]))
    }
    stride *= 2
  }

  /// The curves, the last step included.
  package var curves: [TrainingReport] {
    pending.isEmpty ? reports : reports + [TrainingReport.mean(of: pending)]
  }
}

extension TrainingReport {
  /// The last of some reports with the means of what all of them measured.
  fileprivate static func mean(of reports: [TrainingReport]) -> TrainingReport {
    guard var last = reports.last else { preconditionFailure("the mean of no reports") }
    let count = Double(reports.count)
    last.loss = reports.reduce(0) { $0 + $1.loss } / count
    last.squaredError = reports.reduce(0) { $0 + $1.squaredError } / count
    last.divergence = reports.reduce(0) { $0 + $1.divergence } / count
    last.heldOutSquaredError = reports.compactMap(\.heldOutSquaredError).last
    last.heldOutLoss = reports.compactMap(\.heldOutLoss).last
    return last
  }
}
