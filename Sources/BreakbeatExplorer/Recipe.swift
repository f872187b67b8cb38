#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// How a loop was made, as JSON: what a saved file tells about itself.
///
/// | key | meaning |
/// |---|---|
/// | `version` | the program's |
/// | `model`, `modelDigest` | what the page calls the model, and the SHA-256 of its file |
/// | `from`, `to`, `morph` | the points, as ``LoopRequest`` has them, and how far on the way |
/// | `from.dataItem`, `dataDigest` | for items: the number in the data set, and its digest |
/// | `latents` | what all this comes to: the numbers that were decoded |
/// | `bpm`, `iterations` | the tempo, if it is not the model's; iterations of phase retrieval |
///
/// The model's file, `latents`, `bpm` and `iterations` are enough to make the loop again; the points
/// say where they come from.
package struct Recipe: Encodable {
  /// The program, the model and the data set.
  package struct Origin: Hashable, Sendable {
    package var version: String
    package var model: String
    package var modelDigest: String?
    package var dataDigest: String?

    package init(version: String, model: String, modelDigest: String?, dataDigest: String?) {
      self.version = version
      self.model = model
      self.modelDigest = modelDigest
      self.dataDigest = dataDigest
    }
  }

  private struct Point: Encodable {
    var seed: UInt64?
    var item: Int?
    var dataItem: Int?
    var offsets: [String: Double]

    init(_ point: LoopRequest.Point, in space: LatentSpace) {
      switch point.base {
      case .seed(let number): seed = number
      case .item(let number):
        item = number
        dataItem = space.items.indices.contains(number) ? space.items[number].number : nil
      }
      offsets = Dictionary(
        uniqueKeysWithValues: point.offsets.map { (String($0.key), $0.value) })
    }
  }

  private var version: String
  private var model: String
  private var modelDigest: String?
  private var dataDigest: String?
  private var from: Point
  private var to: Point?
  private var morph: Double?
  private var latents: [Float]
  private var bpm: Double?
  private var iterations: Int

  /// The recipe of a request that came to given latents.
  package init(
    _ request: LoopRequest, latents: [Float], in space: LatentSpace, from origin: Origin
  ) {
    version = origin.version
    model = origin.model
    modelDigest = origin.modelDigest
    from = Point(request.from, in: space)
    to = request.to.map { Point($0, in: space) }
    morph = request.to == nil ? nil : request.morph
    dataDigest = (from.item ?? to?.item) == nil ? nil : origin.dataDigest
    self.latents = latents
    bpm = request.beatsPerMinute
    iterations = request.iterations
  }

  /// The recipe on one line.
  package func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and finite numbers always encode; no loop is drawn of others.
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}
