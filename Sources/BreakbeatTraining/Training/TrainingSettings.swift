public import Breakbeats
internal import SpectralAudio
public import Tensors

/// Everything that decides how a model is trained: same settings, data set and device, same bits.
public struct TrainingSettings: Sendable, Hashable, Codable {
  /// The model's sizes and what its pictures mean.
  public var model: BreakbeatVAE.Configuration
  /// Number of optimizer steps.
  public var steps: Int
  /// Pictures per step.
  public var batchSize: Int
  /// Pictures that are in memory at a time, at most; `nil` for the whole batch. The result is that
  /// of the whole batch up to rounding, see `Docs/TrainingRecipe.md`.
  public var microBatchSize: Int?
  /// The highest learning rate; reached after ``warmUpSteps``, then half a cosine down to
  /// ``learningRateFloor`` of it.
  public var learningRate: Double
  /// Steps of linear rise of the learning rate.
  public var warmUpSteps = 100
  /// The learning rate at the end of the run, as a part of the highest.
  public var learningRateFloor = 0.05
  /// β/D: the weight of a nat of divergence beside the likelihood per pixel, at full strength.
  public var divergenceWeight = BreakbeatVAE.divergenceWeight
  /// Part of the run over which the divergence's weight rises linearly from 0.
  public var divergenceWarmUp = 0.25
  /// Nats that each latent number may carry without being pushed down; 0 for none ("free bits").
  public var freeNats = 0.0
  /// Adam's β₁.
  public var firstDecay = 0.9
  /// Adam's β₂.
  public var secondDecay = 0.999
  /// Adam's ε.
  public var epsilon = 1e-8
  /// Decoupled weight decay (AdamW); biases and normalizations are left out.
  public var weightDecay = 0.0
  /// The largest Euclidean norm of all gradients together; `nil` for none.
  public var gradientNormLimit: Double?
  /// The largest norm as a multiple of its own running mean; `nil` for none.
  public var gradientSpikeLimit: Double? = 10
  /// Memory of the weights' moving average, which is what model files hold and what is evaluated; 0
  /// for the weights themselves.
  public var averageDecay = 0.999
  /// How feature maps of a training step are stored; with `Precision.mixed`, the loss is
  /// scaled. Evaluation and previews are in float32 either way.
  public var precision = Precision.float32
  /// Seed of the initial weights, the order of the pictures and the noise.
  public var seed: UInt64

  /// Settings of a run; see `Docs/TrainingRecipe.md` for what to choose.
  public init(
    model: BreakbeatVAE.Configuration, steps: Int, batchSize: Int, learningRate: Double,
    seed: UInt64
  ) {
    self.model = model
    self.steps = steps
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.seed = seed
  }

  /// A preset's recommended settings.
  public init(_ preset: BreakbeatVAE.Preset, steps: Int, seed: UInt64) {
    let (batchSize, learningRate) = preset.recommendation
    self.init(
      model: preset.configuration, steps: steps, batchSize: batchSize, learningRate: learningRate,
      seed: seed)
  }

  /// Pictures of a part of the batch, where it has more than one part. Parts are as even as they
  /// can be: 8 pictures, at most 5 at a time, are 4 and 4.
  var partialBatchSize: Int? {
    guard let microBatchSize, microBatchSize < batchSize else { return nil }
    let parts = (batchSize + microBatchSize - 1) / microBatchSize
    return (batchSize + parts - 1) / parts
  }

  /// Pictures that are evaluated at a time.
  var evaluationBatchSize: Int { partialBatchSize ?? batchSize }

  /// Whether gradients are measured before they are used.
  var isClipping: Bool { gradientNormLimit != nil || gradientSpikeLimit != nil }

  /// β/D at a step, counted from 0.
  public func divergenceWeight(at step: Int) -> Double {
    let rise = divergenceWarmUp * Double(steps)
    return divergenceWeight * (rise > 0 ? min(1, Double(step) / rise) : 1)
  }
}

/// What a model should do best: sets ``TrainingSettings/divergenceWeight``.
///
/// More weight on the divergence gives latents that samples can be drawn from, less gives
/// reconstructions that are closer.
public enum Emphasis: String, Sendable, Hashable, CaseIterable, Codable {
  /// Reconstructions: β/D = 3/4096.
  case reconstruct
  /// Both: β/D = 10/4096.
  case balance
  /// Samples: β/D = 30/4096.
  case sample

  /// β/D at full strength.
  public var divergenceWeight: Double {
    switch self {
    case .reconstruct: 3 / 4096
    case .balance: BreakbeatVAE.divergenceWeight
    case .sample: 30 / 4096
    }
  }
}

extension BreakbeatVAE.Preset {
  /// Pictures per step and highest learning rate.
  public var recommendation: (batchSize: Int, learningRate: Double) {
    switch self {
    case .tiny: (32, 2e-3)
    case .demo: (16, 2e-3)
    case .small: (16, 1e-3)
    case .slim, .full: (8, 1e-3)
    }
  }
}

extension KeyedDecodingContainer {
  /// The precision of a run; runs of versions before there was a choice do not say.
  func decode(_ type: Precision.Type, forKey key: Key) throws -> Precision {
    try decodeIfPresent(Precision.self, forKey: key) ?? .float32
  }
}
