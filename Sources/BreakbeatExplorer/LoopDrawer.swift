internal import Breakbeats
internal import SpectralAudio

/// Draws loops for the page and remembers the last ones.
actor LoopDrawer {
  /// A loop ready to be sent.
  struct Drawn: Sendable {
    /// The WAV file.
    var wave: [UInt8]
    /// The spectrogram as PNG.
    var picture: [UInt8]
    /// How long drawing took; 0 for a loop that was remembered.
    var milliseconds: Int
    /// The tempo it really has.
    var beatsPerMinute: Double
    /// Where it lies along the directions.
    var position: [Float]
  }

  private let generator: BreakbeatGenerator
  private let space: LatentSpace
  private let origin: Recipe.Origin
  private var drawn: [(request: LoopRequest, loop: Drawn)] = []
  private let remembered = 64
  private let draws = SharedWork<LoopRequest, Drawn>()

  init(_ generator: BreakbeatGenerator, space: LatentSpace, origin: Recipe.Origin) {
    self.generator = generator
    self.space = space
    self.origin = origin
  }

  /// The loop of a request, drawn or remembered. Equal requests at a time share one draw.
  func loop(_ request: LoopRequest) async throws -> Drawn {
    try await draws.value(of: request) { try await self.drawnOrRemembered(request) }
  }

  private func drawnOrRemembered(_ request: LoopRequest) async throws -> Drawn {
    if var known = drawn.last(where: { $0.request == request })?.loop {
      known.milliseconds = 0
      return known
    }
    let start = ContinuousClock.now
    let latents = try space.latents(of: request)
    let tempo = try tempo(of: request)
    let loop = try await generator.draw(
      [latents], bpm: request.beatsPerMinute, iterations: request.iterations)[0]
    let wave = try WaveFile.bytes(
      of: loop.sound, bars: generator.configuration.spectrogram.bars)
    let recipe = Recipe(request, latents: latents, in: space, from: origin)
    let result = Drawn(
      wave: WaveComment(recipe.json()).added(to: wave),
      picture: try loop.picture.shades().png(),
      milliseconds: max(1, Int((ContinuousClock.now - start) / .milliseconds(1))),
      beatsPerMinute: tempo, position: space.position(of: latents))
    drawn.append((request, result))
    if drawn.count > remembered { drawn.removeFirst() }
    return result
  }

  private func tempo(of request: LoopRequest) throws(ExplorerError) -> Double {
    do {
      return try generator.beatsPerMinute(nearestTo: request.beatsPerMinute)
    } catch {
      throw ExplorerError(.badRequest, "\(error)")
    }
  }
}
