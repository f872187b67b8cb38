import NeuralNetworks
import SpectralAudio
public import Tensors

/// Draws new drum loops from a trained model.
///
/// ```swift
/// let generator = try BreakbeatGenerator(contentsOf: "breaks.safetensors")
/// print(generator.device)                                    // which device, and why
/// let loops = try await generator.loops(count: 16, seed: 7)  // [Waveform], 10 kHz, seamless
/// ```
///
/// Everything is determined by its arguments: the loop of a seed and index is the same whether one
/// loop or a thousand are asked for.
public actor BreakbeatGenerator {
  /// The model's sizes and what its pictures mean.
  public nonisolated let configuration: BreakbeatVAE.Configuration
  /// What latents are drawn from.
  public nonisolated let latents: LatentGaussian
  /// The device in use and why it was chosen.
  public nonisolated let device: String

  private let backend: any Backend
  private let model: BreakbeatVAE
  private var decoder: BatchProgram?
  private var encoder: BatchProgram?
  private var inverters: [InverterKey: BatchProgram] = [:]
  private var drawers: [InverterKey: BatchProgram] = [:]

  /// Opens a model file on a device.
  ///
  /// - Parameters:
  ///   - path: A model file, as training writes it.
  ///   - device: `cpu`, the number of a Vulkan device or a part of its name; `nil` for the best
  ///     there is.
  /// - Throws: ``BreakbeatError`` for a file that is missing, damaged, foreign or newer than this
  ///   program; `TensorError` for an unknown device or want of memory.
  public init(contentsOf path: String, device: String? = nil) throws {
    try self.init(ModelFile(contentsOf: path), choice: BackendChoice(matching: device))
  }

  /// A generator of a model in memory.
  public init(_ file: ModelFile, choice: BackendChoice) throws {
    let parameters = Parameters(from: file.parameters, on: choice.backend)
    model = try BreakbeatVAE(file.configuration, parameters)
    try parameters.validate()
    configuration = file.configuration
    latents = file.latents ?? .standard(count: file.configuration.latentCount)
    backend = choice.backend
    device = "\(choice.backend.name): \(choice.reason)"
  }

  /// Draws the latents of loops; see ``LatentGaussian/sample(seed:index:temperature:truncation:)``.
  ///
  /// - Returns: `count` arrays of `latentSize x columns` numbers.
  public nonisolated func sampledLatents(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil
  ) throws -> [[Float]] {
    try checkRequest(count: count, temperature: temperature, truncation: truncation)
    return (0..<count).map {
      latents.sample(seed: seed, index: $0, temperature: temperature, truncation: truncation)
    }
  }

  /// Pictures of newly drawn loops.
  public func spectrograms(
    count: Int, seed: UInt64, temperature: Double = 1, truncation: Double? = nil
  ) throws -> [SpectrogramImage] {
    try decode(
      sampledLatents(count: count, seed: seed, temperature: temperature, truncation: truncation))
  }

  /// The pictures of latents, `latentSize x columns` numbers each.
  public func decode(_ latents: [[Float]]) throws -> [SpectrogramImage] {
    let program = try decoder ?? makeDecoder()
    decoder = program
    return try program.run(latents).map {
      SpectrogramImage(bands: configuration.bands, frames: configuration.frames, levels: $0)
    }
  }

  /// The most likely latents of pictures.
  public func encode(_ pictures: [SpectrogramImage]) throws -> [[Float]] {
    try check(pictures)
    let program = try encoder ?? makeEncoder()
    encoder = program
    return try program.run(pictures.map(\.levels))
  }

  private func makeDecoder() throws -> BatchProgram {
    try BatchProgram(
      batchSize: batchSize, itemShape: [configuration.latentSize, 1, configuration.columns],
      on: backend, label: "decoder"
    ) { [model.decode($0)] }
  }

  private func makeEncoder() throws -> BatchProgram {
    try BatchProgram(
      batchSize: batchSize, itemShape: [1, configuration.bands, configuration.frames],
      on: backend, label: "encoder"
    ) { [model.encode($0).mean] }
  }

  private struct InverterKey: Hashable {
    let options: SpectrogramInverter.Options
    let hop: Int
  }

  /// The program that turns pictures into loops with given choices; compiled once for each.
  func inverter(_ options: SpectrogramInverter.Options, hop: Int) throws -> BatchProgram {
    let key = InverterKey(options: options, hop: hop)
    if let program = inverters[key] { return program }
    let inverter = SpectrogramInverter(configuration.spectrogram, options: options, hop: hop)
    let program = try BatchProgram(
      batchSize: batchSize, itemShape: [configuration.bands, configuration.frames], on: backend,
      label: "inverter"
    ) { [inverter.loops(from: $0)] }
    inverters[key] = program
    return program
  }

  /// The program that turns latents into loops and their pictures: one chain of submissions, with
  /// nothing read back in between.
  func drawer(_ options: SpectrogramInverter.Options, hop: Int) throws -> BatchProgram {
    let key = InverterKey(options: options, hop: hop)
    if let program = drawers[key] { return program }
    let inverter = SpectrogramInverter(configuration.spectrogram, options: options, hop: hop)
    let program = try BatchProgram(
      batchSize: batchSize, itemShape: [configuration.latentSize, 1, configuration.columns],
      on: backend, label: "drawer"
    ) { latents in
      let pictures = model.decode(latents)
      let shape: Shape = [latents.shape[0], configuration.bands, configuration.frames]
      return [inverter.loops(from: pictures.reshaped(to: shape)), pictures]
    }
    drawers[key] = program
    return program
  }

  /// Refuses pictures of another size than the model's.
  nonisolated func check(_ pictures: [SpectrogramImage]) throws {
    for picture in pictures
    where picture.bands != configuration.bands || picture.frames != configuration.frames {
      throw BreakbeatError(
        .invalidRequest,
        "a picture of \(picture.bands) x \(picture.frames) for a model of \(configuration.bands) x "
          + "\(configuration.frames); make it with the model's spectrogram settings")
    }
  }

  /// Pictures at a time: enough to keep a device busy, little enough to fit any.
  private var batchSize: Int { configuration.spectrogram.pixelCount >= 1 << 17 ? 4 : 8 }

  private nonisolated func checkRequest(
    count: Int, temperature: Double, truncation: Double?
  ) throws {
    guard (0...1_000_000).contains(count) else {
      throw BreakbeatError(.invalidRequest, "\(count) loops; ask for 0 to 1000000")
    }
    guard (0...10).contains(temperature) else {
      throw BreakbeatError(.invalidRequest, "temperature \(temperature); choose 0 to 10")
    }
    if let truncation, !(0.1...100).contains(truncation) {
      throw BreakbeatError(
        .invalidRequest, "truncation \(truncation); choose 0.1 to 100 standard deviations")
    }
  }
}
