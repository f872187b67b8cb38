internal import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A self-contained web page to look at and listen to: pictures, players and curves in one file
/// that opens from disk, with no request to anywhere.
public struct ListeningPage: Sendable {
  /// A sound with its picture.
  public struct Loop: Sendable {
    /// What it is.
    public var title: String
    /// A WAV file's bytes.
    public var wave: [UInt8]
    /// A PNG file's bytes; empty for none.
    public var picture: [UInt8]

    /// A sound with its picture.
    public init(title: String, wave: [UInt8], picture: [UInt8] = []) {
      self.title = title
      self.wave = wave
      self.picture = picture
    }
  }

  /// Loops under a heading.
  public struct Section: Sendable {
    /// The heading.
    public var title: String
    /// A sentence below it.
    public var text: String
    /// The loops.
    public var loops: [Loop]

    /// Loops under a heading.
    public init(title: String, text: String = "", loops: [Loop]) {
      self.title = title
      self.text = text
      self.loops = loops
    }
  }

  /// A small picture that leads to a file beside the page.
  struct Earlier: Sendable {
    var title: String
    /// A PNG file's bytes.
    var picture: [UInt8]
    /// Where the file is, seen from the page.
    var link: String
  }

  /// The page's heading.
  public var title: String
  /// A sentence below it.
  public var subtitle = ""
  /// Names and values, shown as a table.
  public var facts: [(name: String, value: String)] = []
  /// A large picture, as a PNG file's bytes.
  public var grid: [UInt8] = []
  /// What was measured during training.
  public var reports: [TrainingReport] = []
  /// What the model is worth.
  public var evaluation: EvaluationCard?
  /// The players.
  public var sections: [Section] = []
  /// What there was to see before, oldest first.
  var earlier: [Earlier] = []

  /// An empty page.
  public init(title: String) { self.title = title }

  /// Writes the page, whole or not at all.
  public func write(to path: String) throws {
    try AtomicFile.write(html.utf8, to: path)
  }

  /// The page's text.
  public var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <header><h1>\(escaped(title))</h1><p>\(escaped(subtitle))</p></header>
    \(sections.map(html(of:)).joined(separator: "\n"))
    \(gridHTML)
    \(curvesHTML)
    \(EvaluationCard.start)\(evaluation?.html ?? "")\(EvaluationCard.end)
    \(factsHTML)
    \(earlierHTML)
    <script>\(Self.script)</script>
    </body>
    </html>

    """
  }

  private func html(of section: Section) -> String {
    let cards = section.loops.map { loop in
      let picture =
        loop.picture.isEmpty
        ? ""
        : "<div class=\"picture\"><img alt=\"\(escaped("Log-mel spectrogram: " + loop.title))\" "
          + "src=\"\(dataURL("image/png", loop.picture))\"><i></i></div>"
      return "<figure>\(picture)<figcaption>\(escaped(loop.title))</figcaption>"
        + "<audio controls loop preload=\"auto\" src=\"\(dataURL("audio/wav", loop.wave))\">"
        + "</audio></figure>"
    }
    let text = section.text.isEmpty ? "" : "<p>\(escaped(section.text))</p>"
    return "<section><h2>\(escaped(section.title))</h2>\(text)"
      + "<div class=\"loops\">\(cards.joined(separator: "\n"))</div></section>"
  }

  private var gridHTML: String {
    grid.isEmpty
      ? ""
      : "<section><h2>Spectrograms</h2><img class=\"grid\" alt=\"Grid of spectrograms\" "
        + "src=\"\(dataURL("image/png", grid))\"></section>"
  }

  private var curvesHTML: String {
    guard reports.count > 1 else { return "" }
    let charts = [
      LineChart(title: "Loss", points: reports.map { ($0.step, $0.loss) }),
      LineChart(
        title: "Mean squared error", points: reports.map { ($0.step, $0.squaredError) },
        marks: reports.compactMap { report in
          report.heldOutSquaredError.map { (report.step, $0) }
        }, markTitle: "held out", isLogarithmic: true),
      LineChart(title: "KL, nats per picture", points: reports.map { ($0.step, $0.divergence) }),
    ]
    return "<section><h2>Training</h2><div class=\"charts\">"
      + charts.map(\.svg).joined(separator: "\n") + "</div></section>"
  }

  private var earlierHTML: String {
    guard !earlier.isEmpty else { return "" }
    let cards = earlier.map {
      "<a class=\"earlier\" href=\"\(escaped($0.link))\"><img alt=\"\(escaped($0.title))\" "
        + "src=\"\(dataURL("image/png", $0.picture))\">\(escaped($0.title))</a>"
    }
    return "<section><h2>Earlier</h2><div class=\"loops\">\(cards.joined(separator: "\n"))"
      + "</div></section>"
  }

  private var factsHTML: String {
    guard !facts.isEmpty else { return "" }
    let rows = facts.map {
      "<tr><th>\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
    }
    return "<section><h2>Measured</h2><table>\(rows.joined())</table></section>"
  }

  private func dataURL(_ type: String, _ bytes: [UInt8]) -> String {
    "data:\(type);base64,\(Data(bytes).base64EncodedString())"
  }
}

/// Text as HTML.
func escaped(_ text: String) -> String {
  text.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
}
