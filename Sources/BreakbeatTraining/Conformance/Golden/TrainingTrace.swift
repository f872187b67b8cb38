import NeuralNetworks
import Tensors

/// The small auto-encoder of a training trace, built from the library's layers.
struct TraceNetwork {
  let golden: GoldenCase
  let parameters: Parameters
  private let channels: [Int]
  private let encoder: [Convolution2D]
  private let decoder: [TransposedConvolution2D]
  private let encoderNorms: [Norm]
  private let decoderNorms: [Norm]
  private let moments: Linear
  private let expand: Linear

  /// What follows a convolution.
  private enum Norm {
    case none
    case group(GroupNormalization)
    case batch(weight: Tensor, bias: Tensor, epsilon: Float)
  }

  init(_ golden: GoldenCase, on backend: any Backend) throws {
    self.golden = golden
    let prefix = "init."
    let initial = golden.tensors.filter { $0.key.hasPrefix(prefix) }
    let source = GivenParameters(
      Dictionary(
        uniqueKeysWithValues: initial.map {
          (
            String($0.key.dropFirst(prefix.count)),
            .init(shape: Shape($0.value.shape), values: $0.value.values)
          )
        }), description: golden.path)
    let parameters = Parameters(from: source, on: backend)
    self.parameters = parameters

    let channels = try golden.sizes("channels")
    let latentSize = try golden.integer("latent", in: 1...4096)
    let shape = try ConvolutionShape(golden)
    let size = try golden.integer("size", in: 1...4096)
    let grid = try channels.indices.reduce(size) { size, _ in try shape.halved(size) }
    let features = channels[channels.count - 1] * grid * grid
    self.channels = channels

    encoder = try zip([1] + channels, channels).enumerated().map { index, size in
      let name = "enc\(index)"
      return try Convolution2D(
        parameters[dynamicMember: name].conv, from: size.0, to: size.1,
        kernel: PerAxis(shape.kernel), stride: PerAxis(shape.stride),
        padding: PerAxis(shape.padding),
        bias: source.entries["\(name).conv.bias"] != nil)
    }
    encoderNorms = try channels.enumerated().map { index, count in
      try Self.norm(golden, parameters[dynamicMember: "enc\(index)"].norm, channels: count)
    }
    moments = try Linear(parameters.fc, from: features, to: 2 * latentSize)
    expand = try Linear(parameters.fz, from: latentSize, to: features)
    let rising = Array(channels.reversed()) + [1]
    decoder = try zip(rising, rising.dropFirst()).enumerated().map { index, size in
      let name = "dec\(index)"
      return try TransposedConvolution2D(
        parameters[dynamicMember: name].conv, from: size.0, to: size.1,
        kernel: PerAxis(shape.kernel), stride: PerAxis(shape.stride),
        padding: PerAxis(shape.padding),
        bias: source.entries["\(name).conv.bias"] != nil)
    }
    decoderNorms = try rising.dropFirst().dropLast().enumerated().map { index, count in
      try Self.norm(golden, parameters[dynamicMember: "dec\(index)"].norm, channels: count)
    }
    try parameters.validate()
  }

  private static func norm(
    _ golden: GoldenCase, _ parameters: Parameters, channels: Int
  ) throws -> Norm {
    let epsilon = try golden.float("norm_eps", default: 1e-5)
    switch try golden.text("norm") {
    case "none": return .none
    case "gn":
      let groups = try golden.integer("groups", in: 1...4096)
      guard channels % groups == 0 else {
        throw CaseProblem.damaged("\(channels) channels in \(groups) groups")
      }
      return .group(
        try GroupNormalization(parameters, channels: channels, groups: groups, epsilon: epsilon))
    case "bn":
      return .batch(
        weight: try parameters.weight([channels], .constant(1)),
        bias: try parameters.bias([channels], .constant(0)), epsilon: epsilon)
    case let other: throw CaseProblem.unknown("normalization \(other)")
    }
  }

  /// Mean and log variance of the latents of pictures `[N, 1, size, size]`, each `[N, latent]`.
  func encode(_ pictures: Tensor) throws(CaseProblem) -> (mean: Tensor, logVariance: Tensor) {
    var x = pictures
    for (layer, norm) in zip(encoder, encoderNorms) {
      x = try activate(normalize(layer(x), norm))
    }
    let both = moments(x.reshaped(to: [x.shape[0], x.shape.count / x.shape[0]]))
    let size = both.shape[1] / 2
    return (both.sliced(axis: 1, 0..<size), both.sliced(axis: 1, size..<2 * size))
  }

  /// The pictures of latents `[N, latent]`.
  func decode(_ latents: Tensor) throws(CaseProblem) -> Tensor {
    let flat = try activate(expand(latents))
    let count = channels[channels.count - 1]
    let grid = Int(Double(flat.shape[1] / count).squareRoot())
    var x = flat.reshaped(to: [flat.shape[0], count, grid, grid])
    for (layer, norm) in zip(decoder, decoderNorms) {
      x = try activate(normalize(layer(x), norm))
    }
    return decoder[decoder.count - 1](x)
  }

  private func normalize(_ x: Tensor, _ norm: Norm) -> Tensor {
    switch norm {
    case .none: x
    case .group(let layer): layer(x)
    case .batch(let weight, let bias, let epsilon):
      batchNormalization(x, weight: weight, bias: bias, epsilon: epsilon)
    }
  }

  private func activate(_ x: Tensor) throws(CaseProblem) -> Tensor {
    switch try golden.text("activation") {
    case "relu": return relu(x)
    case "lrelu", "leaky_relu":
      return leakyReLU(x, slope: try golden.float("leaky_slope", default: 0.01))
    case "silu": return silu(x)
    case "gelu": return gelu(x)
    case "tanh": return tanh(x)
    case "elu": return elu(x)
    case let other: throw .unknown("activation \(other)")
    }
  }
}

/// How every convolution of the network moves.
private struct ConvolutionShape {
  let kernel, stride, padding: Int

  init(_ golden: GoldenCase) throws(CaseProblem) {
    kernel = try golden.integer("kernel", in: 1...64, default: 4)
    stride = try golden.integer("stride", in: 1...64, default: 2)
    padding = try golden.integer("padding", in: 0...64, default: 1)
  }

  /// The size after one convolution, from which the transposed one must lead back.
  func halved(_ size: Int) throws(CaseProblem) -> Int {
    let room = size + 2 * padding - kernel
    let result = room < 0 ? 0 : room / stride + 1
    guard result > 0, (result - 1) * stride - 2 * padding + kernel == size else {
      throw .damaged("a picture of \(size) pixels does not fit the convolutions")
    }
    return result
  }
}

extension GoldenCase {
  /// A list of sizes.
  fileprivate func sizes(_ name: String) throws(CaseProblem) -> [Int] {
    let values = fields[name]?.array?.compactMap { $0.number.flatMap { Int(exactly: $0) } } ?? []
    guard !values.isEmpty, values.count < 16, values.allSatisfy((1...4096).contains) else {
      throw .damaged("\(name) is no list of sizes")
    }
    return values
  }
}
