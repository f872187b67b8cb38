#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// How a loop was made, as JSON: what a saved file tells about itself.
struct Recipe: Encodable {
  private struct Point: Encodable {
    var seed: UInt64?
    var item: Int?
    var offsets: [String: Double]

    init(_ point: LoopRequest.Point) {
      switch point.base {
      case .seed(let number): seed = number
      case .item(let number): item = number
      }
      offsets = Dictionary(
        uniqueKeysWithValues: point.offsets.map { (String($0.key), $0.value) })
    }
  }

  private var model: String
  private var from: Point
  private var to: Point?
  private var morph: Double?
  private var bpm: Double?
  private var iterations: Int

  init(_ request: LoopRequest, model: String) {
    self.model = model
    from = Point(request.from)
    to = request.to.map(Point.init)
    morph = request.to == nil ? nil : request.morph
    bpm = request.beatsPerMinute
    iterations = request.iterations
  }

  /// The recipe on one line.
  func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Plain numbers and strings always encode.
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
