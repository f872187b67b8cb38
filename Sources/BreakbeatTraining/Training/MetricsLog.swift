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

  static let columns =
    "step,loss,squared_error,kl,active_latents,kl_weight,learning_rate,images_per_second,seconds,"
    + "held_out_squared_error,held_out_loss,gradient_norm"

  private static let columnCount = columns.count { $0 == "," } + 1

  /// Opens the files of a run, keeping rows of the first `step` steps.
  init(folder: String, keepingStepsUpTo step: Int) throws {
    csvPath = folder + "/metrics.csv"
    linesPath = folder + "/metrics.jsonl"
    try keep(csvPath, upTo: step, header: Self.columns) { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return fields.count == Self.columnCount ? Int(fields[0]) : nil
    }
    try keep(linesPath, upTo: step, header: nil) { line in
      (try? JSONDecoder().decode(TrainingReport.self, from: Data(line.utf8)))?.step
    }
  }

  private func keep(
    _ path: String, upTo step: Int, header: String?, stepOf: (Substring) -> Int?
  ) throws {
    let old = FileManager.default.contents(atPath: path) ?? Data()
    var lines = header.map { [Substring($0)] } ?? []
    for line in String(decoding: old, as: UTF8.self).split(separator: "\n") {
      if let number = stepOf(line), number <= step { lines.append(line) }
    }
    try AtomicFile.write(lines.map { $0 + "\n" }.joined().utf8, to: path)
  }

  /// Appends a row to both files.
  func append(_ report: TrainingReport) throws {
    let fields: [String] =
      [
        "\(report.step)", "\(report.loss)", "\(report.squaredError)", "\(report.divergence)",
        "\(report.activeLatents)", "\(report.divergenceWeight)", "\(report.learningRate)",
        "\(report.imagesPerSecond)", "\(report.seconds)",
      ]
      + [report.heldOutSquaredError, report.heldOutLoss, report.gradientNorm].map {
        $0.map { "\($0)" } ?? ""
      }
    try append(fields.joined(separator: ",") + "\n", to: csvPath)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let line = String(decoding: try encoder.encode(report), as: UTF8.self)
    try append(line + "\n", to: linesPath)
  }

  private func append(_ text: String, to path: String) throws {
    try appendWhole(Array(text.utf8), to: path)
  }

  /// The reports of a run folder so far.
  static func reports(in folder: String) -> [TrainingReport] {
    let data = FileManager.default.contents(atPath: folder + "/metrics.jsonl") ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
      let report = try? JSONDecoder().decode(TrainingReport.self, from: Data(line.utf8))
      // A damaged line is no row.
      return report.flatMap { (1...1_000_000_000).contains($0.step) ? $0 : nil }
    }
  }
}

extension TrainingReport {
  /// The reports of a run folder so far; empty when there are none.
  public static func history(ofRun folder: String) -> [TrainingReport] {
    MetricsLog.reports(in: folder)
  }
}
