internal import Breakbeats
internal import SpectralAudio
public import Tensors

extension ListeningPage {
  /// What a data set sounds like: its sources, each of them through the picture and back, and some
  /// items as they were made and as their pictures sound.
  ///
  /// - Parameters:
  ///   - data: the data set; its sources must be where they were.
  ///   - items: numbers of items to show.
  ///   - device: what turns pictures into sound.
  /// - Throws: ``TrainingDataError`` when a source is gone or has changed, or a picture is damaged.
  public init(of data: BreakbeatDataset, items: [Int], on device: BackendChoice) throws {
    self.init(title: "\(data.name): what the model hears")
    let settings = data.settings
    subtitle =
      "\(counted(data.count, "randomized loop")) of \(counted(bars: settings.bars)) at "
      + "\(settings.beatsPerMinute.rounded(places: 2)) bpm. Click a picture to play it."
    let trip = try RoundTrip(settings, on: device.backend)
    let breaks = try data.breaks()
    let randomizer = try data.randomizer()

    var sources: [Loop] = []
    for source in breaks.prefix(8) {
      let loop = try source.gridLoop(settings, fitting: data.fitting)
      let image = try SpectrogramImage(of: loop, settings: settings)
      sources += try Self.pair(
        "Source \(source.name): \(source.tempo.description)", loop, image, settings, trip)
    }
    let rest = breaks.count > 8 ? " The first 8 of \(breaks.count) are shown." : ""
    sections = [
      Section(
        title: "Sources and their round trips",
        text: "Each break on the grid of the data set, then the same through its 8-bit picture and "
          + "back, without any model: no model can sound better." + rest,
        loops: sources)
    ]
    var loops: [Loop] = []
    for index in items {
      let image = try SpectrogramImage(
        bands: settings.bands, frames: settings.frames, levels: data.readPixels(of: index))
      let heldOut = data.heldOutIndices.contains(index) ? ", held out" : ""
      loops += try Self.pair(
        "Item \(index)\(heldOut): \(data.recipeText(of: index))", randomizer.loop(at: index), image,
        settings, trip)
    }
    sections.append(
      Section(
        title: "Randomized items and their round trips", text: Self.notation, loops: loops))
    facts = [
      ("Device", "\(device.backend.name), \(device.reason)"),
      ("Picture", "\(settings.bands) x \(settings.frames), hop \(settings.hop)"),
      ("Cut, fitted", "\(data.fitting.slice.rawValue), \(data.fitting.fit.rawValue)"),
      ("Seed", "\(data.seed)"), ("Digest", data.digest),
    ]
  }

  /// How to read the line of an item.
  static let notation =
    "A cell is a sixteenth, | a bar: 12 the break's sixteenth 12, 12*3 a roll, 12/13 double time, "
    + "12~ half time, 12r backwards, 12^ retriggered, 12+5 five semitones up, 12+0>+7 sliding, "
    + "12!-3 three dB softer, -- silence, g a ghost snare, C a crash."

  private static func pair(
    _ title: String, _ loop: Waveform, _ image: SpectrogramImage, _ settings: SpectrogramSettings,
    _ trip: RoundTrip
  ) throws -> [Loop] {
    let picture = try image.shades().png()
    let back = try trip.run(image, original: loop)
    return [
      Loop(
        title: title, wave: try WaveFile.bytes(of: loop, bars: settings.bars), picture: picture),
      Loop(
        title: "… and back (spectral convergence \(back.endConvergence.rounded(places: 1)) dB)",
        wave: try WaveFile.bytes(of: back.loop.limited(), bars: settings.bars), picture: picture),
    ]
  }
}
