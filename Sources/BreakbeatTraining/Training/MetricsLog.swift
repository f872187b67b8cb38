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

  /// Opens the files of a run, keeping rows of the first `step` steps, one of them replaced.
  init(
    folder: String, precision: Precision, keepingStepsUpTo step: Int,
    replacing replacement: TrainingReport? = nil
  ) throws {
    csvPath = folder + "/metrics.csv"
    linesPath = folder + "/metrics.jsonl"
    columns = Self.columns(precision)
    let reports = try Self.lines(linesPath).compactMap { line -> String? in
      guard let report = Self.report(line), report.step <= step else { return nil }
      guard let replacement, report.step == replacement.step else { return line }
      return try Self.line(replacement)
    }
    var rows = try rows(upTo: step, orOf: reports)
    if let replacement {
      rows = rows.map { Self.step($0) == replacement.step ? row(replacement) : $0 }
    }
    let header = columns.map(\.name).joined(separator: ",")
    try Self.write([header] + rows, to: csvPath)
    try Self.write(reports, to: linesPath)
  }

  /// The rows of `metrics.csv` up to a step; those of the other file where its first line, which says
  /// what they hold, is missing or damaged.
  private func rows(upTo step: Int, orOf reports: [String]) throws -> [String] {
    let old = Self.lines(csvPath)
    let names = (old.first.map(Self.fields) ?? []).map { String($0) }
    guard !names.isEmpty, columns.map(\.name).starts(with: names) else {
      let rowCount = old.count { Self.step($0).map { $0 <= step } ?? false }
      guard reports.count >= rowCount else {
        throw TrainingDataError(
          .runFolder,
          "\(csvPath) does not begin with the names of its columns, and \(linesPath) has "
            + "\(reports.count) of its \(rowCount) rows",
          remedy: "restore its first line, or move it away to go on with the other file's rows")
      }
      return reports.compactMap { Self.report($0).map(row) }
    }
    // A file of before there was a last column keeps its rows, which are empty there.
    let padding = String(repeating: ",", count: columns.count - names.count)
    return old.dropFirst().compactMap { line in
      guard Self.fields(line).count == names.count, let number = Self.step(line), number <= step
      else { return nil }
      return line + padding
    }
  }

  /// The lines of a file, also of one that an editor has given carriage returns.
  private static func lines(_ path: String) -> [String] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return data.split(separator: 0x0A).compactMap { line in
      let bytes = line.last == 0x0D ? line.dropLast() : line
      return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
  }

  private static func fields(_ line: String) -> [Substring] {
    line.split(separator: ",", omittingEmptySubsequences: false)
  }

  /// The step of a row; `nil` for what is none.
  private static func step(_ line: String) -> Int? { Int(line.prefix { $0 != "," }) }

  private static func report(_ line: String) -> TrainingReport? {
    try? JSONDecoder().decode(TrainingReport.self, from: Data(line.utf8))
  }

  private static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(lines.map { $0 + "\n" }.joined().utf8, to: path)
  }

  /// Appends a row to both files.
  func append(_ report: TrainingReport) throws {
    try append(row(report) + "\n", to: csvPath)
    try append(try Self.line(report) + "\n", to: linesPath)
  }

  private static func line(_ report: TrainingReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private func row(_ report: TrainingReport) -> String {
    columns.map { $0.value(report).map { "\($0)" } ?? "" }.joined(separator: ",")
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
