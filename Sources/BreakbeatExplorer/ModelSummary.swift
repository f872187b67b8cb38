internal import Breakbeats
internal import SpectralAudio

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// What the page has to know about a model.
struct ModelSummary: Encodable {
  private struct Direction: Encodable {
    var name: String
    var spread: Float
  }

  private struct Item: Encodable {
    var name: String
    var position: [Float]
  }

  private var name: String
  private var device: String
  private var bars: Double
  private var bpm: Double
  private var lowestBPM: Double
  private var highestBPM: Double
  private var sampleRate: Double
  private var directions: [Direction]
  private var items: [Item]
  /// Draws of the Gaussian, for the map's background.
  private var draws: [[Float]]

  init(_ generator: BreakbeatGenerator, name: String, space: LatentSpace) {
    let settings = generator.configuration.spectrogram
    self.name = name
    device = generator.device
    bars = settings.bars
    bpm = settings.beatsPerMinute
    lowestBPM = (settings.beatsPerMinute / 2).rounded(.up)
    highestBPM = (settings.beatsPerMinute * 2).rounded(.down)
    sampleRate = settings.sampleRate
    directions = space.directions.map { Direction(name: $0.name, spread: $0.spread) }
    items = space.items.map { Item(name: $0.name, position: space.position(of: $0.latents)) }
    draws = (0..<300).map { space.position(of: space.gaussian.sample(seed: $0, index: 0)) }
  }

  /// The summary as JSON.
  func json() -> Data {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(self)) ?? Data("{}".utf8)
  }
}
