internal import Breakbeats
internal import SpectralAudio
public import Tensors

/// Measures what a model is worth beside what real loops, their round trip and copies would score.
///
/// ```swift
/// let evaluation = try Evaluation(model: "run/checkpoints/last.safetensors", data: breaks)
/// print(try evaluation.run(on: BackendChoice(matching: nil)).text)
/// ```
public struct Evaluation {
  /// Loops that are drawn, and at most so many held-out and training pictures.
  public var count: Int
  /// Seed of the drawn loops.
  public var seed: UInt64
  /// Iterations of phase retrieval.
  public var iterations: Int
  /// The model.
  public let path: String
  /// The data set.
  public let data: BreakbeatDataset
  private let file: ModelFile
  var settings: SpectrogramSettings { file.configuration.spectrogram }

  /// Opens a model and checks that the data set's pictures are of its kind.
  ///
  /// - Throws: ``TrainingDataError`` for a data set of other pictures or too few of them, and what
  ///   opening a model throws.
  public init(
    model path: String, data: BreakbeatDataset, count: Int = 256, seed: UInt64 = 7,
    iterations: Int = 32
  ) throws {
    self.path = path
    self.data = data
    self.count = count
    self.seed = seed
    self.iterations = iterations
    file = try ModelFile(contentsOf: path)
    guard (4...65_536).contains(count), (0...10_000).contains(iterations) else {
      throw TrainingDataError(
        .invalidSettings, "evaluating \(count) loops with \(iterations) iterations",
        remedy: "choose 4 to 65536 loops and 0 to 10000 iterations")
    }
    try data.check(picturesOf: file.configuration.spectrogram)
    for (name, items) in [("held-out", data.heldOutIndices), ("training", data.trainingIndices)]
    where items.count < 4 {
      throw TrainingDataError(
        .invalidSettings,
        "\(data.path) has \(items.count) \(name) items, too few to compare with",
        remedy: "prepare a data set with more of them, for example with --holdout 0.05 and --count "
          + "1000; evaluation needs pictures that the model has not been trained on")
    }
  }

  /// Evaluates.
  ///
  /// - Parameters:
  ///   - choice: Where the model runs.
  ///   - progress: Told what is being done, and how much of all work is done.
  ///   - hearing: Runs what reads the data set's sources, for programs that keep to themselves what
  ///     decoders of damaged files print.
  /// - Throws: ``TrainingDataError`` for a picture that is damaged or can no longer be read, and what
  ///   the device throws.
  public func run(
    on choice: BackendChoice, progress: (String, Double) -> Void = { _, _ in },
    hearing: (() -> Void) -> Void = { $0() }
  ) throws -> EvaluationCard {
    let model = try EvaluatedModel(file, iterations: iterations, on: choice.backend)
    let heldOutItems = evenlySpread(count, of: data.heldOutIndices)
    let trainingItems = evenlySpread(count, of: data.trainingIndices)
    // Every picture is read once before anything takes long: a damaged one is said at once.
    let trainingPictures = try data.trainingIndices.map {
      try SmallPicture(data.readPixels(of: $0), settings)
    }
    for item in heldOutItems { _ = try data.readPixels(of: item) }
    let work = Double(count + 2 * heldOutItems.count)
    var done = 0

    var drawn = MeasuredLoops()
    var seconds: [Double] = []
    let latents = file.latents ?? .standard(count: file.configuration.latentCount)
    for batch in batches(Array(0..<count), of: model.batchSize) {
      let numbers = batch.map { latents.sample(seed: seed, index: $0) }
      let begin = ContinuousClock.now
      let loops = try model.draw(numbers)
      seconds.append((ContinuousClock.now - begin) / .seconds(1) / Double(model.batchSize))
      for loop in loops { drawn.add(picture: loop.picture, sound: loop.sound, settings) }
      done += batch.count
      progress("drawing", Double(done) / work)
    }
    let returns = try returns(of: heldOutItems, through: model) {
      progress("reconstructing", (Double(done) + 2 * Double($0)) / work)
    }

    var sounds: LoopRandomizer?
    var missing: TrainingDataError?
    var heldOut = MeasuredLoops()
    var training = MeasuredLoops()
    var failure: (any Error)?
    hearing {
      do throws(TrainingDataError) {
        sounds = try data.randomizer()
      } catch {
        missing = error
      }
      do {
        heldOut = try real(heldOutItems, sounds)
        training = try real(trainingItems, sounds)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    let reference = EvaluationReference(
      training, training: trainingPictures, heldOut: heldOut,
      leastCount: min(drawn.count, heldOut.count, training.count))
    let neighbours = reference.neighbours(of: drawn)
    return EvaluationCard(
      model: path, steps: file.provenance["steps"], data: data.name, digest: data.digest,
      count: count, seed: seed, iterations: iterations, trainingCount: training.count,
      heldOutCount: heldOut.count,
      rows: [
        reference.row("drawn", drawn, neighbours: neighbours),
        reference.row("held out", heldOut),
        reference.row("held out, round trip", returns.trip),
        reference.row("memorised", training),
      ],
      reconstructions: [returns.model, returns.withoutModel], latents: returns.use,
      columns: file.configuration.columns,
      millisecondsPerLoop: 1000 * median(seconds.count > 1 ? Array(seconds.dropFirst()) : seconds),
      nearest: neighbours.pairs.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
        .prefix(8).map {
          .init(
            sample: $0.index, item: data.trainingIndices[$0.nearest], distance: $0.distance)
        },
      device: "\(choice.backend.name), \(choice.reason)", version: vamenVersion,
      remarks: remarks(missingSounds: missing, heldOut: heldOut.count))
  }

  /// A drawn loop again: its picture and sound.
  func drawn(
    _ indices: [Int], on backend: any Backend
  ) throws -> [(picture: [Float], sound: Waveform)] {
    let model = try EvaluatedModel(file, iterations: iterations, on: backend)
    let latents = file.latents ?? .standard(count: file.configuration.latentCount)
    return try batches(indices, of: model.batchSize).flatMap { batch in
      try model.draw(batch.map { latents.sample(seed: seed, index: $0) })
    }
  }

  /// Training items as sounds of their pictures.
  func sounds(of items: [Int], on backend: any Backend) throws -> [Waveform] {
    let model = try EvaluatedModel(file, iterations: iterations, on: backend)
    return try batches(items, of: model.batchSize).flatMap { batch in
      try model.sounds(of: batch.map { try data.readPixels(of: $0) })
    }
  }

  private func real(
    _ items: [Int], _ sounds: LoopRandomizer?
  ) throws(TrainingDataError) -> MeasuredLoops {
    var loops = MeasuredLoops()
    for item in items {
      let picture = try data.readPixels(of: item)
      loops.add(picture: picture, sound: try? sounds?.loop(at: item), settings)
    }
    return loops
  }

  private func remarks(missingSounds: TrainingDataError?, heldOut: Int) -> [String] {
    var remarks: [String] = []
    if let trained = file.provenance["data"], trained != data.digest {
      remarks.append(
        "the model was trained on another data set (\(trained.prefix(12))): its training loops may "
          + "be among the held-out ones here")
    }
    if file.latents == nil {
      remarks.append("the model has no fitted latents: loops are drawn from N(0, I)")
    }
    if let missingSounds {
      remarks.append("real loops are judged by their pictures only: \(missingSounds.message)")
    }
    if heldOut < count {
      remarks.append(
        "\(heldOut) held-out loops are fewer than the \(count) drawn: their errors are larger")
    }
    return remarks
  }
}

/// Parts of a list, at most `size` elements each.
func batches(_ items: [Int], of size: Int) -> [[Int]] {
  stride(from: 0, to: items.count, by: size).map {
    Array(items[$0..<min($0 + size, items.count)])
  }
}
