internal import Breakbeats

extension EvaluationCard {
  /// A table: a title, the names of its columns, rows of cells.
  struct Table {
    var title: String
    var columns: [String]
    var rows: [[String]]

    /// With columns of equal width, names in the first left, numbers right.
    var text: String {
      let all = [columns] + rows
      let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
      let lines = all.map { cells -> String in
        cells.enumerated().map { column, cell in
          let space = String(repeating: " ", count: widths[column] - cell.count)
          return column == 0 ? cell + space : space + cell
        }.joined(separator: "  ")
      }
      return ([title] + lines.map { "  " + $0 }).joined(separator: "\n")
    }
  }

  /// The card's tables.
  var tables: [Table] {
    let text = { (value: Double?, places: Int) in value?.rounded(places: places) ?? "-" }
    let distance = { (distance: KernelDistance) in
      "\(distance.value.rounded(places: 3)) ± \(distance.standardError.rounded(places: 3))"
    }
    let title =
      "Loops beside \(trainingCount) training pictures, coverage by \(coveringCount) of each"
    return [
      Table(
        title: title,
        columns: [
          "", "loops", "timbre", "grid", "onset", "density", "coverage", "novelty", "diversity",
          "on grid", "seam",
        ],
        rows: rows.map {
          [
            $0.name, "\($0.count)", distance($0.timbre), distance($0.grid), distance($0.onset),
            text($0.density, 2), text($0.coverage, 2), text($0.novelty, 2), text($0.diversity, 2),
            text($0.onGrid, 2), text($0.seam, 2),
          ]
        }),
      Table(
        title: "Held-out loops and what comes back",
        columns: [
          "", "loops", "squared error", "convergence, dB", "log distance, dB", "on grid",
        ],
        rows: reconstructions.map {
          [
            $0.name, "\($0.count)", text($0.squaredError, 5), text($0.spectralConvergence, 1),
            text($0.logMagnitudeDistance, 1), text($0.onGrid, 2),
          ]
        }),
    ]
  }

  /// Single numbers, by name.
  var facts: [(name: String, value: String)] {
    let largest = latents.divergences.max() ?? 0
    return [
      ("model", model + (steps.map { ", \($0 == "1" ? "1 step" : "\($0) steps")" } ?? "")),
      ("data set", "\(data), \(digest.prefix(12))"),
      ("drawn", "\(counted(count, "loop")), seed \(seed), \(counted(iterations, "iteration"))"),
      (
        "KL",
        "\(latents.divergence.rounded(places: 2)) nats per picture, "
          + "\(latents.activeUnits) of \(latents.divergences.count) units active, largest "
          + "\(largest.rounded(places: 2))"
      ),
      ("time", "\(millisecondsPerLoop.rounded(places: 1)) ms per loop on \(device)"),
    ]
  }

  /// The card for people.
  public var text: String {
    let width = facts.map(\.name.count).max() ?? 0
    let lines = facts.map { name, value in
      name + String(repeating: " ", count: width - name.count) + "  " + value
    }
    let columns = (0..<self.columns).map { column in
      let size = latents.divergences.count / self.columns
      return (0..<size).map { number in
        latents.divergences[number * self.columns + column].rounded(places: 2)
      }.joined(separator: " ")
    }
    let perDimension = columns.enumerated().map { "  column \($0.offset + 1)  \($0.element)" }
    return
      (lines + [""] + tables.flatMap { [$0.text, ""] } + ["KL of each latent number, nats"]
      + perDimension + (remarks.isEmpty ? [] : [""]) + remarks.map { "Remark: \($0)" })
      .joined(separator: "\n")
  }
}
