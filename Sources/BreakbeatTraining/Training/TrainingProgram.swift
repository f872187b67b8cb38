internal import Breakbeats
internal import SpectralAudio
internal import NeuralNetworks
internal import Tensors
internal import VulkanCompute

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The compiled programs of a run: the step, and the model without noise for evaluation.
struct TrainingProgram {
  /// The step's name in reports.
  static let stepLabel = "training step"

  private let trained: TrainedModel
  private let optimizerState: [Variable]
  private let step: any TrainingStep
  private let evaluation: Program
  private let encoder: Program
  private let evaluationPictures: Tensor
  /// What is added to the latents of all evaluated pictures: 0, but where directions are measured.
  private let latentShift: Tensor
  private let reconstruction: Tensor
  private let latentMeans: Tensor
  private let latentVariances: Tensor
  private let settings: TrainingSettings

  init(
    _ settings: TrainingSettings, on backend: any Backend, options: CompileOptions = .init()
  ) throws {
    self.settings = settings
    trained = try TrainedModel(settings, from: RandomParameters(seed: settings.seed), on: backend)
    (step, optimizerState) = try trained.makeStep(options: options)

    evaluationPictures = Tensor.input(
      trained.pictureShape(settings.evaluationBatchSize), name: "pictures")
    let latents = trained.evaluatedModel.encode(evaluationPictures)
    latentShift = Tensor.input(trained.latentShape(1), name: "latent shift")
    reconstruction = trained.evaluatedModel.decode(latents.mean + latentShift)
    latentMeans = latents.mean
    latentVariances = exp(latents.logVariance)
    evaluation = try Program(
      outputs: [reconstruction, latentMeans, latentVariances], on: backend, label: "evaluation")
    encoder = try Program(
      outputs: [latentMeans, latentVariances], on: backend, label: "encoder")
  }

  /// What one step costs, all of its parts.
  var report: ProgramReport { step.report }

  /// What the device did in the last step; compiled with `CompileOptions.groupTimestamps`.
  func activity() throws -> GraphActivity { try step.programs.activity() }

  /// The programs of a step in Graphviz's language.
  var graphviz: String { step.programs.map(\.program.graphviz).joined() }

  /// Takes over the pictures of the next step.
  func prepare(_ fill: (inout [Float]) throws -> Void) throws { try step.prepare(fill) }

  /// Starts one optimizer step; what it returns waits for the results.
  func start(_ numbers: StepNumbers) throws -> () throws -> StepResult {
    try step.start(numbers)
  }

  /// A batch of pictures, reconstructed from their most likely latents, or from those plus a shift.
  func reconstructions(of pictures: [Float], shift: [Float]? = nil) throws -> [Float] {
    try evaluation.set(evaluationPictures, to: pictures)
    try evaluation.set(
      latentShift, to: shift ?? [Float](repeating: 0, count: latentShift.shape.count))
    try evaluation.run()
    return try evaluation.values(of: reconstruction)
  }

  /// The mean squared error and the divergence of each picture of a batch, reconstructed from its
  /// most likely latents.
  func errors(of pictures: [Float]) throws -> [(squaredError: Double, divergence: Double)] {
    let levels = try reconstructions(of: pictures)
    let means = try evaluation.values(of: latentMeans)
    let variances = try evaluation.values(of: latentVariances)
    let (length, count) = (settings.model.spectrogram.pixelCount, settings.model.latentCount)
    return (0..<settings.evaluationBatchSize).map { index in
      var squares = 0.0
      for pixel in index * length..<(index + 1) * length {
        let error = Double(levels[pixel] - pictures[pixel])
        squares += error * error
      }
      var divergence = 0.0
      for latent in index * count..<(index + 1) * count {
        let (mean, variance) = (Double(means[latent]), Double(variances[latent]))
        divergence += (mean * mean + variance - 1 - log(variance)) / 2
      }
      return (squares / Double(length), divergence)
    }
  }

  /// Means and variances of the latents of a batch of pictures, an array per picture.
  func latents(of pictures: [Float]) throws -> (means: [[Float]], variances: [[Float]]) {
    try encoder.set(evaluationPictures, to: pictures)
    try encoder.run()
    let count = settings.model.latentCount
    let split = { (values: [Float]) in
      (0..<self.settings.evaluationBatchSize).map { Array(values[$0 * count..<($0 + 1) * count]) }
    }
    return (
      split(try encoder.values(of: latentMeans)),
      split(try encoder.values(of: latentVariances))
    )
  }

  /// The variables that model files hold.
  var variables: [Variable] { trained.evaluatedVariables }

  /// Everything that changes from step to step, by name.
  private var stateVariables: [(name: String, variable: Variable)] {
    let averages = trained.averages?.variables ?? []
    return (trained.parameters.variables + optimizerState).map { ($0.name, $0) }
      + averages.map { ("\($0.name).average", $0) }
  }

  /// Parameters, optimizer moments and averages.
  func state() throws -> [NamedTensor] {
    try stateVariables.map { name, variable in
      NamedTensor(name: name, shape: variable.shape, values: try variable.values())
    }
  }

  /// Replaces parameters, optimizer moments and averages.
  func restore(_ tensors: [NamedTensor]) throws {
    let values = Dictionary(
      tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (name, variable) in stateVariables {
      guard let found = values[name], found.shape == variable.shape else {
        throw TrainingDataError(
          .damagedCheckpoint, "the checkpoint has no \(name) of shape \(variable.shape)",
          remedy: "resume with the checkpoint and settings of one run")
      }
      try variable.assign(found.values)
    }
  }
}
