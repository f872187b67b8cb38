internal import Breakbeats
internal import SpectralAudio
internal import NeuralNetworks
internal import Tensors

/// The compiled programs of a run: the step, and the model without noise for evaluation.
struct TrainingProgram {
  /// What a step reports.
  struct Result {
    var loss: Double
    var squaredError: Double
    var divergence: Double
    /// By latent number.
    var divergences: [Float]
  }

  private let parametersTree: Parameters
  private let optimizer: OptimizerStep
  private let step: Program
  private let evaluation: Program
  private let encoder: Program
  private let stepInputs: (pictures: Tensor, key: Tensor, weight: Tensor)
  private let loss: BreakbeatVAE.Loss
  private let evaluationPictures: Tensor
  private let reconstruction: Tensor
  private let latentMeans: Tensor
  private let latentVariances: Tensor
  private let settings: TrainingSettings

  init(_ settings: TrainingSettings, on backend: any Backend) throws {
    self.settings = settings
    let configuration = settings.model
    parametersTree = Parameters(from: RandomParameters(seed: settings.seed), on: backend)
    let model = try BreakbeatVAE(configuration, parametersTree)
    try parametersTree.validate()

    let batch = settings.batchSize
    let pictureShape: Shape = [batch, 1, configuration.bands, configuration.frames]
    let latentShape: Shape = [batch, configuration.latentSize, 1, configuration.columns]
    let pictures = Tensor.input(pictureShape, name: "pictures")
    let key = Tensor.input([4], elementType: .uint32, name: "random key")
    let weight = Tensor.input([], name: "divergence weight")
    stepInputs = (pictures, key, weight)

    loss = model.loss(pictures, noise: randomNormal(latentShape, key: key), weight: weight)
    let trained = parametersTree.trained
    optimizer = try AdamW(weightDecay: settings.weightDecay).step(
      for: trained, gradients: loss.total.gradients(withRespectTo: trained.map { Tensor($0) }))
    step = try Program(
      outputs: [loss.total, loss.squaredError, loss.divergence, loss.divergences],
      updates: optimizer.updates, on: backend, label: "training step")

    evaluationPictures = Tensor.input(pictureShape, name: "pictures")
    let latents = model.encode(evaluationPictures)
    reconstruction = model.decode(latents.mean)
    latentMeans = latents.mean
    latentVariances = exp(latents.logVariance)
    evaluation = try Program(outputs: [reconstruction], on: backend, label: "evaluation")
    encoder = try Program(
      outputs: [latentMeans, latentVariances], on: backend, label: "encoder")
  }

  var report: ProgramReport { step.report }

  var graphviz: String { step.graphviz }

  /// Takes one optimizer step.
  func run(
    _ pictures: [Float], step number: Int, learningRate: Double, divergenceWeight: Double
  ) throws -> Result {
    try step.set(stepInputs.pictures, to: pictures)
    try step.set(stepInputs.weight, to: [Float(divergenceWeight)])
    let seed = settings.seed
    try step.set(
      stepInputs.key,
      toWords: [
        UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), 0x6e_6f69,
        UInt32(truncatingIfNeeded: number),
      ])
    try step.set(
      optimizer.numbers, to: optimizer.values(at: number, learningRate: learningRate))
    try step.run()
    return Result(
      loss: Double(try step.values(of: loss.total)[0]),
      squaredError: Double(try step.values(of: loss.squaredError)[0]),
      divergence: Double(try step.values(of: loss.divergence)[0]),
      divergences: try step.values(of: loss.divergences))
  }

  /// A batch of pictures, reconstructed from their most likely latents.
  func reconstructions(of pictures: [Float]) throws -> [Float] {
    try evaluation.set(evaluationPictures, to: pictures)
    try evaluation.run()
    return try evaluation.values(of: reconstruction)
  }

  /// The mean squared error of each reconstruction of a batch.
  func squaredErrors(of pictures: [Float]) throws -> [Double] {
    let levels = try reconstructions(of: pictures)
    let length = settings.model.spectrogram.pixelCount
    return (0..<settings.batchSize).map { index in
      var sum = 0.0
      for pixel in index * length..<(index + 1) * length {
        let error = Double(levels[pixel] - pictures[pixel])
        sum += error * error
      }
      return sum / Double(length)
    }
  }

  /// Means and variances of the latents of a batch of pictures, an array per picture.
  func latents(of pictures: [Float]) throws -> (means: [[Float]], variances: [[Float]]) {
    try encoder.set(evaluationPictures, to: pictures)
    try encoder.run()
    let count = settings.model.latentCount
    let split = { (values: [Float]) in
      (0..<self.settings.batchSize).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
    return (
      split(try encoder.values(of: latentMeans)),
      split(try encoder.values(of: latentVariances))
    )
  }

  /// The model's parameters.
  var variables: [Variable] { parametersTree.variables }

  /// Parameters and optimizer moments.
  func state() throws -> [NamedTensor] {
    try (parametersTree.variables + optimizer.state).map { try NamedTensor($0) }
  }

  /// Replaces parameters and optimizer moments.
  func restore(_ tensors: [NamedTensor]) throws {
    let values = Dictionary(
      tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for variable in parametersTree.variables + optimizer.state {
      guard let found = values[variable.name], found.shape == variable.shape else {
        throw TrainingDataError(
          .damagedCheckpoint, "the checkpoint has no \(variable.name) of shape \(variable.shape)",
          remedy: "resume with the checkpoint and settings of one run")
      }
      try variable.assign(found.values)
    }
  }
}
