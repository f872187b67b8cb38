internal import Breakbeats
internal import NeuralNetworks
internal import SpectralAudio
public import Tensors

/// What a model makes of some pictures and latents, for other programs to compare with: see
/// `Docs/pytorch_interchange.py`.
public enum ModelNumbers {
  /// Runs a model and writes a safetensors file: `pictures` [4, 1, bands, frames] with the encoder's
  /// `mean` and `logVariance` [4, latentSize, 1, columns], and `latents` of that shape with
  /// `decoded` pictures. Pictures are random numbers in 0...1, latents standard normal ones.
  ///
  /// - Throws: What opening the model and writing the file throw.
  public static func write(
    ofModel model: String, to path: String, seed: UInt64 = 1, on backend: any Backend
  ) throws {
    let count = 4
    let file = try ModelFile(contentsOf: model)
    let configuration = file.configuration
    let parameters = Parameters(from: file.parameters, on: backend)
    let vae = try BreakbeatVAE(configuration, parameters)
    try parameters.validate()
    let pictures = Tensor.input(
      [count, 1, configuration.bands, configuration.frames], name: "pictures")
    let latents = Tensor.input(
      [count, configuration.latentSize, 1, configuration.columns], name: "latents")
    let distribution = vae.encode(pictures)
    let outputs = [distribution.mean, distribution.logVariance, vae.decode(latents)]
    let program = try Program(outputs: outputs, on: backend, label: "model numbers")
    var random = PhiloxStream(seed: seed)
    let inputs = [
      pictures: (0..<pictures.shape.count).map { _ in Float(random.uniform()) },
      latents: (0..<latents.shape.count).map { _ in Float(random.standardNormal()) },
    ]
    for (tensor, values) in inputs { try program.set(tensor, to: values) }
    try program.run()
    let results = try zip(["mean", "logVariance", "decoded"], outputs).map { name, tensor in
      let values = try program.values(of: tensor)
      return SafetensorsFile.Item(name, shape: tensor.shape) { values }
    }
    try SafetensorsFile.write(
      results + [
        .init("pictures", shape: pictures.shape) { inputs[pictures] ?? [] },
        .init("latents", shape: latents.shape) { inputs[latents] ?? [] },
      ], to: path)
  }
}
