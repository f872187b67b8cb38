internal import Breakbeats
internal import SpectralAudio
public import Tensors

extension Evaluation {
  /// Writes a card and its nearest pairs into a folder: `evaluation.json`, a page to read and listen
  /// to, `evaluation.html`, and `nearest/N-drawn-SAMPLE.png`, `.wav` beside `N-item-ITEM.png`, `.wav`.
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
    func add(_ name: String, _ title: String, _ levels: [Float], _ sound: Waveform) throws {
      let image = SpectrogramImage(
        bands: settings.bands, frames: settings.frames, levels: levels
      ).shades()
      let wave = try WaveFile.bytes(of: sound, bars: settings.bars)
      let path = "\(folder)/nearest/\(name)"
      try image.writePNG(to: path + ".png")
      try AtomicFile.write(wave, to: path + ".wav")
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
}
