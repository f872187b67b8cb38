package import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
package import Tensors
internal import TensorKernels
package import VulkanCompute

/// Every pipeline that training a preset, decoding and inverting pictures need on a device, found
/// without allocating or running anything.
package struct KernelSurvey {
  /// A kernel with one choice of specialization constants.
  package struct Pipeline: Sendable {
    /// The kernel.
    package let kernel: Kernel
    /// Bit patterns of its constants.
    package let specialization: [UInt32]
    /// The program and step that need it first, empty where none does.
    package var use = ""
    /// Multiplications that the training step executes with it.
    package var multiplications = 0.0

    /// A kernel with its constants.
    package init(kernel: Kernel, specialization: [UInt32], use: String = "") {
      self.kernel = kernel
      self.specialization = specialization
      self.use = use
    }
  }

  /// The name of the program of a training step.
  package static let stepLabel = TrainingProgram.stepLabel

  /// Distinct pipelines in the order of use, then the kernels that no program needs.
  package private(set) var pipelines: [Pipeline] = []

  /// Plans the programs of a preset; about a second of work for the largest.
  package init(
    _ preset: BreakbeatVAE.Preset, batchSize: Int? = nil, precision: Precision = .float32,
    on device: Device
  ) throws {
    let backend = DeclaringBackend(device)
    try Self.plan(
      preset.configuration, batchSize ?? preset.recommendation.batchSize, precision, on: backend)
    var known: [Key: Int] = [:]
    for program in backend.programs {
      for dispatch in program.dispatches {
        let key = Key(kernel: dispatch.kernel, specialization: dispatch.specialization)
        let index = known[key] ?? pipelines.count
        if index == pipelines.count {
          known[key] = index
          pipelines.append(
            Pipeline(
              kernel: dispatch.kernel, specialization: dispatch.specialization,
              use: "\(program.label): \(dispatch.label)"))
        }
        if program.label == Self.stepLabel {
          pipelines[index].multiplications += dispatch.executedMultiplications
        }
      }
    }
    let used = Set(pipelines.map(\.kernel))
    for kernel in everyKernel where !used.contains(kernel) {
      pipelines.append(
        Pipeline(kernel: kernel, specialization: try kernel.defaultSpecialization()))
    }
  }

  private struct Key: Hashable {
    let kernel: Kernel
    let specialization: [UInt32]
  }

  /// Declares the training step, the encoder, the decoder and the inverter, and in float32 what generators
  /// draw loops with.
  ///
  /// - Throws: ``TrainingDataError`` for a batch that kernels could not count.
  package static func plan(
    _ configuration: BreakbeatVAE.Configuration, _ batchSize: Int,
    _ precision: Precision = .float32, on backend: DeclaringBackend
  ) throws {
    var settings = TrainingSettings(
      model: configuration, steps: 1, batchSize: batchSize, learningRate: 1e-3, seed: 0)
    settings.precision = precision
    try settings.check()
    _ = try TrainingProgram(settings, on: backend)
    let pictures = Tensor.input(
      [batchSize, configuration.bands, configuration.frames], name: "pictures")
    let inverter = SpectrogramInverter(configuration.spectrogram, options: .decoded)
    _ = try Program(outputs: [inverter.loops(from: pictures)], on: backend, label: "inverter")
    guard precision == .float32 else { return }
    let model = try BreakbeatVAE(
      configuration, Parameters(from: RandomParameters(seed: 0), on: backend))
    let latents = Tensor.input(
      [4, configuration.latentSize, 1, configuration.columns], name: "latents")
    let decoded = model.decode(latents).reshaped(
      to: [4, configuration.bands, configuration.frames])
    _ = try Program(
      outputs: [inverter.loops(from: decoded), decoded], on: backend, label: "generator",
      arithmetic: .reproducible)
  }
}
