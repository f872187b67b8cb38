#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A curve over training steps, as SVG for the listening page.
struct LineChart {
  let title: String
  let points: [(x: Int, y: Double)]
  /// Values measured now and then, drawn as dots.
  var marks: [(x: Int, y: Double)] = []
  var markTitle = ""
  var isLogarithmic = false

  private let width = 360.0
  private let height = 190.0
  private let left = 52.0
  private let bottom = 164.0
  private let top = 26.0

  var svg: String {
    let line = thinned(points).filter { $0.y.isFinite && (!isLogarithmic || $0.y > 0) }
    let values = (line + marks).map { scale($0.y) }.filter(\.isFinite)
    guard let low = values.min(), let high = values.max(), let last = line.last else { return "" }
    let span = high - low > 1e-12 ? high - low : 1
    let end = Double(max(1, line.map(\.x).max() ?? 1))
    let place = { (point: (x: Int, y: Double)) -> String in
      let x = left + (width - left - 12) * Double(point.x) / end
      let y = bottom - (bottom - top) * (scale(point.y) - low) / span
      return "\(x.rounded(places: 1)),\(y.rounded(places: 1))"
    }
    let ticks = (0...3).map { tick -> String in
      let value = low + span * Double(tick) / 3
      let y = (bottom - (bottom - top) * Double(tick) / 3).rounded(places: 1)
      return "<line x1=\"\(left)\" x2=\"\(width - 12)\" y1=\"\(y)\" y2=\"\(y)\" "
        + "stroke=\"#3a322c\"/><text x=\"\(left - 6)\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">"
        + "\(label(isLogarithmic ? pow(10, value) : value))</text>"
    }
    let dots = marks.map { mark -> String in
      let position = place(mark).split(separator: ",")
      return "<circle cx=\"\(position[0])\" cy=\"\(position[1])\" r=\"3\" fill=\"#6bc7ff\"/>"
    }
    let legend = marks.isEmpty ? "" : "  ● \(markTitle)"
    return "<svg viewBox=\"0 0 \(width) \(height)\" role=\"img\"><title>\(escaped(title))</title>"
      + "<text x=\"12\" y=\"17\">\(escaped(title)): \(label(last.y))\(escaped(legend))</text>"
      + ticks.joined()
      + "<polyline fill=\"none\" stroke=\"#ff9b45\" stroke-width=\"1.5\" points=\""
      + line.map(place).joined(separator: " ") + "\"/>" + dots.joined()
      + "<text x=\"\(left)\" y=\"\(height - 8)\">0</text>"
      + "<text x=\"\(width - 12)\" y=\"\(height - 8)\" text-anchor=\"end\">step \(Int(end))</text>"
      + "</svg>"
  }

  private func scale(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }

  private func label(_ value: Double) -> String {
    abs(value) >= 100
      ? value.rounded(places: 0)
      : abs(value) >= 1 ? value.rounded(places: 2) : value.rounded(places: 4)
  }

  /// At most 600 points: means of neighbours.
  private func thinned(_ points: [(x: Int, y: Double)]) -> [(x: Int, y: Double)] {
    let size = (points.count + 599) / 600
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { start in
      let piece = points[start..<min(start + size, points.count)]
      return (piece[piece.endIndex - 1].x, piece.map(\.y).reduce(0, +) / Double(piece.count))
    }
  }
}
