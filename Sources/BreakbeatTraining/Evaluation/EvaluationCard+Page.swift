internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension EvaluationCard {
  /// The card as a section of a page.
  public var html: String {
    let tables = tables.map { table -> String in
      let row = { (cells: [String], tag: String) in
        "<tr>"
          + cells.enumerated().map { index, cell in
            let tag = index == 0 ? "th" : tag
            return "<\(tag)>\(escaped(cell))</\(tag)>"
          }.joined() + "</tr>"
      }
      return "<h3>\(escaped(table.title))</h3><table>\(row(table.columns, "th"))"
        + table.rows.map { row($0, "td") }.joined() + "</table>"
    }
    let facts = facts.map {
      "<tr><th>\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
    }
    let remarks = remarks.map { "<p>Remark: \(escaped($0))</p>" }
    return "<section id=\"evaluation\"><h2>Evaluation</h2><table>\(facts.joined())</table>"
      + tables.joined() + bars + remarks.joined() + "</section>"
  }

  /// The KL of each latent number as bars, a group for each time column.
  private var bars: String {
    let size = latents.divergences.count / max(1, columns)
    let largest = max(latents.divergences.max() ?? 0, 1e-9)
    var shapes = ""
    for column in 0..<columns {
      for number in 0..<size {
        let height = max(0, latents.divergences[number * columns + column]) / largest * 80
        let x = column * (size + 2) + number
        shapes +=
          "<rect x=\"\(x)\" width=\"0.8\" y=\"\((84 - height).rounded(places: 1))\" "
          + "height=\"\(height.rounded(places: 1))\" fill=\"#ff9b45\"/>"
      }
    }
    return "<h3>KL of each latent number, at most \(largest.rounded(places: 2)) nats</h3>"
      + "<svg viewBox=\"0 0 \(columns * (size + 2)) 86\" preserveAspectRatio=\"none\" "
      + "style=\"height:90px\" role=\"img\"><title>KL by latent number, time column by time column"
      + "</title>\(shapes)</svg>"
  }

  /// Comments in pages between which the card is.
  static let (start, end) = ("<!-- evaluation -->", "<!-- end of evaluation -->")

  /// Puts the card into a listening page that is on disk, in place of an older one; a page without a
  /// place for it stays as it is.
  ///
  /// - Returns: Whether there was a place.
  @discardableResult
  public func insert(intoPage path: String) throws -> Bool {
    guard let bytes = FileManager.default.contents(atPath: path) else { return false }
    let page = String(decoding: bytes, as: UTF8.self)
    guard let start = page.firstRange(of: Self.start),
      let end = page[start.upperBound...].firstRange(of: Self.end)
    else { return false }
    let changed = String(page[..<start.upperBound]) + html + String(page[end.lowerBound...])
    try AtomicFile.write(changed.utf8, to: path)
    return true
  }

  /// The card of a run folder, if it was evaluated; one that cannot be read counts as none.
  public static func ofRun(_ folder: String) -> EvaluationCard? {
    FileManager.default.contents(atPath: folder + "/evaluation.json")
      .flatMap { try? JSONDecoder().decode(Self.self, from: $0) }
      .flatMap { $0.isDrawable ? $0 : nil }
  }

  /// Whether the parts of a card from a file fit each other.
  private var isDrawable: Bool {
    format == Self.currentFormat && (1...65_536).contains(columns)
      && latents.divergences.count <= 65_536 && latents.divergences.count % columns == 0
  }
}
