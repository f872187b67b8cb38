internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
/// `metrics.csv` and `metrics.jsonl` of a run: one row per step, appended and flushed.
///
/// A row is appended with a single write, and rows past the step that a run resumes from are cut
/// off first, so that a killed run's files read as if it had never been killed.
struct MetricsLog {
  private let csvPath: String
  private let linesPath: String
  private let columns: [Column]

  /// A column of `metrics.csv`: its name and what a row has there, nothing where nothing was measured.
  private typealias Column = (
    name: String, value: (TrainingReport) -> (any CustomStringConvertible)?
  )

  private static func columns(_ precision: Precision) -> [Column] {
    let columns: [Column] = [
      ("step", \.step), ("loss", \.loss), ("squared_error", \.squaredError), ("kl", \.divergence),
      ("active_latents", \.activeLatents), ("kl_weight", \.divergenceWeight),
      ("learning_rate", \.learningRate), ("images_per_second", \.imagesPerSecond),
      ("seconds", \.seconds), ("held_out_squared_error", \.heldOutSquaredError),
      ("held_out_loss", \.heldOutLoss), ("gradient_norm", \.gradientNorm),
    ]
    return precision == .mixed ? columns + [("loss_scale", \.lossScale)] : columns
  }

  /// Opens the files of a run, keeping rows of the first `step` steps.
  init(folder: String, precision: Precision, keepingStepsUpTo step: Int) throws {
    csvPath = folder + "/metrics.csv"
    linesPath = folder + "/metrics.jsonl"
    columns = Self.columns(precision)
    let old = Self.lines(csvPath)
    let count = columns.count
    // A file of before there was a last column keeps its rows, which are empty there.
    let oldCount = min(count, old.first.map { Self.fields($0).count } ?? count)
    let padding = String(repeating: ",", count: count - oldCount)
    let rows = old.dropFirst().compactMap { line -> String? in
      let fields = Self.fields(line)
      guard fields.count == oldCount, let number = Int(fields[0]), number <= step
      else { return nil }
      return line + padding
    }
    let header = columns.map(\.name).joined(separator: ",")
    try Self.write([header] + rows, to: csvPath)

    let reports = Self.lines(linesPath).filter { line in
      Self.report(line).map { $0.step <= step } ?? false
    }
    try Self.write(reports.map { String($0) }, to: linesPath)
  }

  private static func lines(_ path: String) -> [Substring] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
  }

  private static func fields(_ line: Substring) -> [Substring] {
    line.split(separator: ",", omittingEmptySubsequences: false)
  }

  private static func report(_ line: Substring) -> TrainingReport? {
    try? JSONDecoder().decode(TrainingReport.self, from: Data(line.utf8))
  }

  private static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(lines.map { $0 + "\n" }.joined().utf8, to: path)
  }

  /// Appends a row to both files.
  func append(_ report: TrainingReport) throws {
    let fields = columns.map { $0.value(report).map { "\($0)" } ?? "" }
    try append(fields.joined(separator: ",") + "\n", to: csvPath)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let line = String(decoding: try encoder.encode(report), as: UTF8.self)
    try append(line + "\n", to: linesPath)
  }

  /// Waits until the rows are on the disk.
  func synchronize() throws {
    for path in [csvPath, linesPath] { try synchronizeFile(path) }
  }

  private func append(_ text: String, to path: String) throws {
    try appendWhole(Array(text.utf8), to: path)
  }

  /// The first of a run folder's two files that has a row, whole or not; `nil` where none has.
  static func fileWithRows(in folder: String) -> String? {
    for (name, headerCount) in [("metrics.csv", 1), ("metrics.jsonl", 0)] {
      let path = "\(folder)/\(name)"
      if lines(path).count > headerCount { return path }
    }
    return nil
  }

  /// The reports of a run folder so far.
  static func reports(in folder: String) -> [TrainingReport] {
    lines(folder + "/metrics.jsonl").compactMap { line in
      // A damaged line is no row.
      report(line).flatMap { (1...1_000_000_000).contains($0.step) ? $0 : nil }
    }
  }
}

extension TrainingReport {
  /// The reports of a run folder so far; empty when there are none.
  public static func history(ofRun folder: String) -> [TrainingReport] {
    MetricsLog.reports(in: folder)
  }
}
