internal import Breakbeats
internal import SpectralAudio
internal import Tensors
internal import VulkanCompute

/// What a model draws and reconstructs: the same latents and the same held-out clips every time,
/// through the code that `vamen sample` and `vamen reconstruct` run.
struct RunPreview {
  private let step: Int
  private let drawn: [DrawnLoop]
  private let clips: [Reconstruction]
  private let bars: Double

  /// Loops drawn, of which half are kept as sound.
  private static let drawnCount = 8
  /// The seed of their latents.
  private static let seed: UInt64 = 7
  /// Held-out clips.
  private static let clipCount = 4

  /// Draws and reconstructs.
  init(of model: String, data: BreakbeatDataset, choice: BackendChoice, step: Int) async throws {
    self.step = step
    bars = data.settings.bars
    let generator = try BreakbeatGenerator(ModelFile(contentsOf: model), choice: choice)
    drawn = try await generator.draw(count: Self.drawnCount, seed: Self.seed)
    let pictures = try data.heldOutIndices.prefix(Self.clipCount).map {
      SpectrogramImage(
        bands: data.settings.bands, frames: data.settings.frames,
        levels: try data.readPixels(of: $0))
    }
    clips = try await generator.reconstructions(of: pictures)
  }

  /// What a preview takes on a device beside training.
  ///
  /// - Throws: What compiling would throw about the device's limits.
  static func needs(
    _ model: BreakbeatVAE.Configuration, on backend: any Backend
  ) throws -> GeneratorNeeds {
    let hop = model.spectrogram.hop
    return try GeneratorNeeds(
      of: [
        (.drawer(.decoded.withIterations(32), hop: hop), drawnCount), (.encoder, clipCount),
        (.inverter(.real.withIterations(32), hop: hop), clipCount),
        (.drawer(.decoded.withIterations(32), hop: hop), clipCount),
      ], model, on: backend)
  }

  /// The same, or why there can be no previews: a limit that no batch is small enough for.
  static func possibleNeeds(
    _ model: BreakbeatVAE.Configuration, on backend: any Backend
  ) throws -> (needs: GeneratorNeeds?, obstacle: String?) {
    do {
      return (try needs(model, on: backend), nil)
    } catch let error as VulkanError where error.code == .limitExceeded {
      return (nil, error.message)
    }
  }

  /// Refuses a run whose first preview would find no room, before its first step.
  ///
  /// - Returns: Whether the device's limits allow previews.
  @discardableResult static func checkRoom(
    for model: BreakbeatVAE.Configuration, on backend: any Backend
  ) throws -> Bool {
    guard let needs = try possibleNeeds(model, on: backend).needs else { return false }
    let (need, free) = (needs.leastByteCount, backend.availableByteCount)
    guard need > free / 10 * 9 else { return true }
    throw TrainingDataError(
      .resources,
      "previews need \(mebibytes(need)) beside training, which leaves \(mebibytes(free)) on "
        + backend.name,
      remedy: "use --micro-batch auto, a smaller --batch-size, or another preset or device")
  }

  /// Writes everything, the grid last: where it is, the preview is whole.
  func write(to path: String, events: EventFiles) throws {
    try makeFolder(path)
    var values: [(tag: String, value: Event.Value)] = []
    func write(_ loop: Waveform, _ name: String, _ tag: String) throws {
      let wave = try WaveFile.bytes(of: loop, bars: bars)
      try AtomicFile.write(wave, to: "\(path)/\(name).wav")
      values.append(
        (
          tag,
          .audio(
            wave, sampleRate: loop.sampleRate, sampleCount: loop.samples.count)
        ))
    }
    for (index, loop) in drawn.prefix(Self.drawnCount / 2).enumerated() {
      try write(loop.sound, "\(index)", "samples/\(index)")
    }
    for (index, clip) in clips.enumerated() {
      try write(clip.roundTrip, "clip-\(index)", "clips/\(index)/original")
      try write(
        clip.reconstruction.sound, "clip-\(index)-reconstructed", "clips/\(index)/reconstructed")
    }
    func write(_ image: IndexedImage, _ name: String, _ tag: String?) throws {
      let png = try image.png()
      try AtomicFile.write(png, to: "\(path)/\(name).png")
      guard let tag else { return }
      values.append((tag, .image(png, width: image.width, height: image.height)))
    }
    if !clips.isEmpty {
      let rows = clips.map(\.picture) + clips.map(\.reconstruction.picture)
      try write(
        IndexedImage.grid(of: rows.map { $0.shades() }, columns: clips.count), "reconstruction",
        "clips")
    }
    for (index, loop) in drawn.prefix(Self.drawnCount / 2).enumerated() {
      try write(loop.picture.shades(), "\(index)", nil)
    }
    let grid = IndexedImage.grid(of: drawn.map { $0.picture.shades() }, columns: 4)
    try write(grid.reduced(toWidth: RunPage.thumbnailWidth), "thumbnail", nil)
    values.append(
      (
        "samples", .image(try grid.png(), width: grid.width, height: grid.height)
      ))
    try events.append(step: step, values)
    try write(grid, "grid", nil)
  }
}

extension IndexedImage {
  /// The image made smaller by a whole factor until it is at most so wide: means of squares.
  func reduced(toWidth limit: Int) -> IndexedImage {
    let factor = max(1, (width + limit - 1) / limit)
    guard factor > 1, height >= factor else { return self }
    var image = IndexedImage(width: width / factor, height: height / factor)
    for y in 0..<image.height {
      for x in 0..<image.width {
        var sum = 0
        for row in 0..<factor {
          for column in 0..<factor { sum += Int(self[x * factor + column, y * factor + row]) }
        }
        image[x, y] = UInt8(sum / (factor * factor))
      }
    }
    return image
  }
}
