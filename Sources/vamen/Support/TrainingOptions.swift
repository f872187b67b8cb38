import ArgumentParser
import Breakbeats
import BreakbeatTraining
import SpectralAudio
import Tensors

/// What may be chosen about training on the command line; everything else by `--config`.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: "Settings from a JSON file; options given here replace them.",
    completion: .file(extensions: ["json"]))
  var config: String?

  @Option(help: "Sizes of the model; must fit the data set. (default: full)")
  var preset: BreakbeatVAE.Preset?

  @Option(help: "Passes over the data set. (default: 100, or --steps)")
  var epochs: Int?

  @Option(help: "Optimizer steps, instead of --epochs.")
  var steps: Int?

  @Option(help: "Pictures per step. (default: the preset's)")
  var batchSize: Int?

  @Option(
    help: "Pictures in memory at a time: a number, auto (as many as fit) or off. (default: off)")
  var microBatch: MicroBatch?

  @Option(help: "Highest learning rate. (default: the preset's)")
  var learningRate: Double?

  @Option(help: "Steps until the learning rate is at its highest. (default: 100)")
  var warmUp: Int?

  @Option(help: "What the model should do best, by the weight of KL. (default: balance)")
  var emphasis: Emphasis?

  @Option(help: "Nats that each latent may carry for nothing. (default: 0)")
  var freeNats: Double?

  @Option(help: "Largest norm of all gradients. (default: 10 times its running mean)")
  var clipNorm: Double?

  @Option(help: "Decoupled weight decay, not of biases and normalizations. (default: 0)")
  var weightDecay: Double?

  @Option(help: "Memory of the averaged weights that models hold, 0 for none. (default: 0.999)")
  var averageDecay: Double?

  @Option(
    help: ArgumentHelp(
      "How feature maps are stored: mixed takes 16 bits. (default: float32)",
      discussion: "Arithmetic is in 32 bits either way; mixed needs a device with 16-bit storage."))
  var precision: Precision?

  @Option(help: "Steps between checkpoints. (default: 500)")
  var checkpointEvery: Int?

  @Option(help: "Models of earlier checkpoints to keep. (default: 3)")
  var keepCheckpoints: Int?

  @Option(help: "Steps between previews; 0 for one at the end only. (default: 2000)")
  var previewEvery: Int?

  @Option(help: "Steps between rows of the metrics. (default: 1)")
  var logEvery: Int?

  /// Refuses what is wrong on any data set.
  func check() throws {
    if epochs != nil && steps != nil {
      throw ValidationError("Give --epochs or --steps, not both.")
    }
    for (name, value, least) in [
      ("epochs", epochs, 1), ("steps", steps, 1), ("batch-size", batchSize, 1),
      ("warm-up", warmUp, 0), ("checkpoint-every", checkpointEvery, 1),
      ("keep-checkpoints", keepCheckpoints, 0), ("preview-every", previewEvery, 0),
      ("log-every", logEvery, 1),
    ] {
      if let value, value < least {
        throw ValidationError("--\(name) \(value): at least \(least) is needed.")
      }
    }
    if let learningRate, !(learningRate > 0 && learningRate < 1) {
      throw ValidationError("--learning-rate \(learningRate): between 0 and 1 is possible.")
    }
    for (name, value, range) in [
      ("free-nats", freeNats, 0...100), ("clip-norm", clipNorm, 1e-12...1e12),
      ("weight-decay", weightDecay, 0...10), ("average-decay", averageDecay, 0...0.999_999_9),
    ] {
      if let value, !range.contains(value) {
        throw ValidationError(
          "--\(name) \(value): \(range.lowerBound) to \(range.upperBound) are possible.")
      }
    }
    try microBatch?.check()
  }

  /// The configuration: the run's that is resumed or the preset's, then the file's, then options'.
  func configuration(
    for breaks: BreakbeatDataset?, over record: RunFolder.Record?
  ) throws -> TrainingConfiguration {
    var configuration =
      record.map { TrainingConfiguration($0) } ?? TrainingConfiguration(preset ?? .full)
    if let config {
      configuration = try TrainingConfiguration(
        contentsOf: config, over: configuration, preset: preset)
    }
    if let preset {
      configuration.preset = preset
      configuration.settings.model = preset.configuration
    }
    if record == nil || preset != nil, let breaks {
      try Self.check(configuration, for: breaks, preset: preset)
    }
    apply(to: &configuration)
    return configuration
  }

  private func apply(to configuration: inout TrainingConfiguration) {
    func set<Value>(
      _ path: WritableKeyPath<TrainingConfiguration, Value>, _ value: Value?
    ) {
      if let value { configuration[keyPath: path] = value }
    }
    set(\.settings.batchSize, batchSize)
    microBatch?.apply(to: &configuration)
    set(\.settings.learningRate, learningRate)
    set(\.settings.warmUpSteps, warmUp)
    set(\.settings.divergenceWeight, emphasis?.divergenceWeight)
    set(\.settings.freeNats, freeNats)
    if let clipNorm { configuration.settings.gradientNormLimit = clipNorm }
    set(\.settings.weightDecay, weightDecay)
    set(\.settings.averageDecay, averageDecay)
    set(\.settings.precision, precision)
    set(\.cadence.checkpoint, checkpointEvery)
    set(\.cadence.keptCheckpoints, keepCheckpoints)
    set(\.cadence.preview, previewEvery)
    set(\.cadence.log, logEvery)
    if let steps { (configuration.steps, configuration.epochs) = (steps, nil) }
    if let epochs { (configuration.steps, configuration.epochs) = (nil, epochs) }
  }

  /// Settings for a data set on a device, where the parts of a batch are planned if that was asked for.
  /// A run that goes on keeps those of its `record` while they fit: others would round differently.
  func settings(
    _ configuration: TrainingConfiguration, for breaks: BreakbeatDataset, on backend: any Backend,
    over record: RunFolder.Record?
  ) throws -> TrainingSettings {
    var settings = try configuration.settings(for: breaks)
    guard configuration.fitsMicroBatch else { return settings }
    try MicroBatch.auto.apply(to: &settings, on: backend)
    guard let kept = record?.settings, kept.batchSize == settings.batchSize,
      kept.microBatchSize != settings.microBatchSize
    else { return settings }
    let most = settings.microBatchSize ?? settings.batchSize
    if kept.microBatchSize ?? kept.batchSize <= most {
      settings.microBatchSize = kept.microBatchSize
      Terminal.note(
        "Micro-batch: \(counted(most, "picture")) would fit; kept as the run was started, "
          + "\(kept.microBatchSize ?? kept.batchSize) at a time")
    } else {
      Terminal.note(
        "Micro-batch: the run was started with "
          + "\(counted(kept.microBatchSize ?? kept.batchSize, "picture")) at a time, "
          + "which no longer fit: from here on its numbers round differently")
    }
    return settings
  }

  /// Refuses a data set whose pictures have another size, naming the presets that fit.
  private static func check(
    _ configuration: TrainingConfiguration, for breaks: BreakbeatDataset,
    preset: BreakbeatVAE.Preset?
  ) throws {
    let (have, need) = (breaks.settings, configuration.settings.model.spectrogram)
    guard have.bands != need.bands || have.frames != need.frames else { return }
    let fitting = BreakbeatVAE.Preset.allCases.filter {
      $0.configuration.bands == have.bands && $0.configuration.frames == have.frames
    }
    let name = (preset ?? configuration.preset).map { "preset \($0.rawValue)" } ?? "the model"
    throw TrainingDataError(
      .invalidSettings,
      "\(breaks.path) holds pictures of \(have.bands) x \(have.frames); \(name) is for "
        + "\(need.bands) x \(need.frames)",
      remedy: fitting.isEmpty
        ? "prepare the data set again for \(name)"
        : "use --preset \(fitting.map(\.rawValue).joined(separator: " or "))")
  }
}
