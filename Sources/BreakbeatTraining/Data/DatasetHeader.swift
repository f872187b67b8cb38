#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import SpectralAudio

/// The JSON header of a data set: everything that decides its bytes.
struct DatasetHeader: Codable, Sendable {
  /// Counts up when the same numbers begin to give other items.
  static let currentRevision = 1

  var generator = "vamen prepare"
  var revision = DatasetHeader.currentRevision
  var settings: SpectrogramSettings
  var sources: [DatasetSource]
  var fitting: BreakFitting
  var recipe: Recipe
  var seed: UInt64
  var count: Int
  var heldOut: HeldOut
  var heldOutCount: Int
  var pixelStride: Int

  /// The bytes as they are written: the same header gives the same bytes.
  func encoded() throws(TrainingDataError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try Array(encoder.encode(self))
    } catch {
      throw TrainingDataError(
        .invalidSettings, "the data set's header cannot be written: \(error)",
        remedy: "use finite settings")
    }
  }
}

/// A break that a data set was made from.
public struct DatasetSource: Codable, Sendable, Hashable {
  /// The file's name without folder and extension, or the name of a synthetic break.
  public var name: String
  /// The path as it was given; nil for a synthetic break.
  public var path: String?
  /// SHA-256 of the file's bytes.
  public var digest: String
  /// Bars, tempo, downbeat and how they are known.
  public var tempo: LoopTempo

  init(_ source: BreakSource) {
    name = source.name
    path = source.path
    digest = source.digest
    tempo = source.tempo
  }
}
