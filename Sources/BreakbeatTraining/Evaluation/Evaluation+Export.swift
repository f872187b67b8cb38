internal import Breakbeats
internal import SpectralAudio
public import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Evaluation {
  /// Writes a card and its nearest pairs into a folder: `evaluation.json`, a page to read and listen
  /// to, `evaluation.html`, and `nearest/N-drawn-SAMPLE.png`, `.wav` beside `N-item-ITEM.png`, `.wav`.
  ///
  /// Pairs of an earlier card are removed from `nearest`; files of other names stay.
  ///
  /// Items sound as their pictures do, so that both halves of a pair went through the same.
  public func write(
    _ card: EvaluationCard, to folder: String, on choice: BackendChoice
  ) throws {
    try makeFolder(folder)
    try makeFolder(folder + "/nearest")
    let pairs = card.nearest
    let drawn = try drawn(pairs.map(\.sample), on: choice.backend)
    let sounds = try sounds(of: pairs.map(\.item), on: choice.backend)
    var players: [ListeningPage.Loop] = []
    var written: Set<String> = []
    func add(_ name: String, _ title: String, _ levels: [Float], _ sound: Waveform) throws {
      let image = SpectrogramImage(
        bands: settings.bands, frames: settings.frames, levels: levels
      ).shades()
      let wave = try WaveFile.bytes(of: sound.limited(), bars: settings.bars)
      let path = "\(folder)/nearest/\(name)"
      try image.writePNG(to: path + ".png")
      try AtomicFile.write(wave, to: path + ".wav")
      written.formUnion([name + ".png", name + ".wav"])
      players.append(.init(title: title, wave: wave, picture: try image.png()))
    }
    for (index, pair) in pairs.enumerated() {
      let picture = try data.readPixels(of: pair.item)
      try add(
        "\(index)-drawn-\(pair.sample)", "Drawn \(pair.sample)", drawn[index].picture,
        drawn[index].sound)
      try add(
        "\(index)-item-\(pair.item)",
        "Its nearest training item \(pair.item), distance \(pair.distance.rounded(places: 4)): "
          + data.recipeText(of: pair.item), picture, sounds[index])
    }
    try removePairs(in: folder + "/nearest", but: written)
    try writeJSON(card, to: folder + "/evaluation.json")
    var page = ListeningPage(title: "VAmEn: evaluation")
    page.subtitle = "\(card.count) drawn loops beside the data set \(card.data)."
    page.evaluation = card
    page.sections = [
      .init(
        title: "Drawn loops nearest to training items",
        text: "A model that copies shows here.", loops: players)
    ]
    try page.write(to: folder + "/evaluation.html")
  }

  /// Removes loops of other cards, which say nothing beside this one's.
  private func removePairs(in folder: String, but written: Set<String>) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where Self.isOfPair(name) && !written.contains(name) {
      let path = "\(folder)/\(name)"
      guard let status = try? FileStatus(of: path), status.isRegularFile else { continue }
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Whether a name is one that loops of a card get: `N-drawn-SAMPLE` or `N-item-ITEM`, of a picture
  /// or a sound.
  private static func isOfPair(_ name: String) -> Bool {
    guard name.hasSuffix(".png") || name.hasSuffix(".wav") else { return false }
    let parts = name.dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, ["drawn", "item"].contains(parts[1]) else { return false }
    return [parts[0], parts[2]].allSatisfy { digits in
      !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isWholeNumber }
    }
  }
}
