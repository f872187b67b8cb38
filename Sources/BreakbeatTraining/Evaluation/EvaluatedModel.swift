import Breakbeats
import NeuralNetworks
import SpectralAudio
import Tensors

/// The programs that evaluation runs a model's pictures and latents through, a batch at a time.
struct EvaluatedModel {
  /// Loops at a time.
  let batchSize: Int
  private let configuration: BreakbeatVAE.Configuration
  private let drawing: BatchOfLoops
  private let reconstruction: BatchOfLoops
  private let roundTrip: BatchOfLoops

  init(_ file: ModelFile, iterations: Int, on backend: any Backend) throws {
    configuration = file.configuration
    let settings = configuration.spectrogram
    let batchSize = settings.pixelCount >= 1 << 17 ? 4 : 8
    self.batchSize = batchSize
    let parameters = Parameters(from: file.parameters, on: backend)
    let model = try BreakbeatVAE(configuration, parameters)
    try parameters.validate()
    let decoded = SpectrogramInverter(settings, options: .decoded.withIterations(iterations))
    let real = SpectrogramInverter(settings, options: .real.withIterations(iterations))
    let pictureShape: Shape = [batchSize, settings.bands, settings.frames]
    let channelShape: Shape = [batchSize, 1, settings.bands, settings.frames]

    let latents = Tensor.input(
      [batchSize, configuration.latentSize, 1, configuration.columns], name: "latents")
    let drawn = model.decode(latents).reshaped(to: pictureShape)
    drawing = try BatchOfLoops(
      latents, [drawn, decoded.loops(from: drawn)], on: backend, label: "drawing")

    let pictures = Tensor.input(pictureShape, name: "pictures")
    let distribution = model.encode(pictures.reshaped(to: channelShape))
    let back = model.decode(distribution.mean).reshaped(to: pictureShape)
    reconstruction = try BatchOfLoops(
      pictures,
      [distribution.mean, exp(distribution.logVariance), back, decoded.loops(from: back)],
      on: backend, label: "reconstruction")

    let originals = Tensor.input(pictureShape, name: "pictures")
    roundTrip = try BatchOfLoops(
      originals, [real.loops(from: originals)], on: backend, label: "round trip")
  }

  /// Pictures and sounds of latents.
  func draw(_ latents: [[Float]]) throws -> [(picture: [Float], sound: Waveform)] {
    try drawing.run(latents).map { ($0[0], sound($0[1])) }
  }

  /// The latents of pictures, and what they decode to.
  func reconstruct(
    _ pictures: [[Float]]
  ) throws -> [(mean: [Float], variance: [Float], picture: [Float], sound: Waveform)] {
    try reconstruction.run(pictures).map { ($0[0], $0[1], $0[2], sound($0[3])) }
  }

  /// The sound of pictures of real loops.
  func sounds(of pictures: [[Float]]) throws -> [Waveform] {
    try roundTrip.run(pictures).map { sound($0[0]) }
  }

  private func sound(_ samples: [Float]) -> Waveform {
    Waveform(samples: samples, sampleRate: configuration.spectrogram.sampleRate)
  }
}

/// A program of a batch of equal items with several results for each.
private struct BatchOfLoops {
  private let program: Program
  private let input: Tensor
  private let outputs: [Tensor]

  init(_ input: Tensor, _ outputs: [Tensor], on backend: any Backend, label: String) throws {
    self.input = input
    self.outputs = outputs
    program = try Program(outputs: outputs, on: backend, label: label)
  }

  /// The results of at most a batch of items.
  func run(_ items: [[Float]]) throws -> [[[Float]]] {
    let size = input.shape[0]
    let length = input.shape.count / size
    precondition(
      items.count <= size && items.allSatisfy { $0.count == length },
      "\(items.count) items for a batch of \(size) x \(length)")
    try program.set(
      input, to: items.flatMap { $0 } + [Float](repeating: 0, count: (size - items.count) * length))
    try program.run()
    let values = try outputs.map { try program.values(of: $0) }
    return items.indices.map { index in
      values.map { values in
        let count = values.count / size
        return Array(values[index * count..<(index + 1) * count])
      }
    }
  }
}
