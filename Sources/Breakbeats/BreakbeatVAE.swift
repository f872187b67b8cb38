public import NeuralNetworks
public import Tensors

/// A variational auto-encoder of log-mel pictures of drum loops.
///
/// The encoder halves a picture until it is 4 pixels high. A kernel over that whole height then
/// gives each remaining *time column* its latent numbers: a Gaussian's mean and log variance. The
/// decoder is the mirror image. So every column of latents speaks for one stretch of the loop (half
/// a bar, at the full size), and a bar can be held while another is drawn again.
///
/// ```swift
/// let parameters = Parameters(from: RandomParameters(seed: 1), on: backend)
/// let model = try BreakbeatVAE(.tiny, parameters)
/// let picture = model.decode(.input([1, 8, 1, 4]))           // [1, 1, 64, 64]
/// ```
///
/// **Shapes** pictures `[N, 1, bands, frames]`, lowest band first, values 0...1; latents
/// `[N, latentSize, 1, columns]`.
public struct BreakbeatVAE: Sendable {
  /// Sizes.
  public let configuration: Configuration

  let encoder: [Block<Convolution2D>]
  let moments: Convolution2D
  let expand: TransposedConvolution2D
  let decoder: [Block<TransposedConvolution2D>]
  let picture: TransposedConvolution2D

  /// A model from its configuration and a source of parameters.
  ///
  /// - Throws: ``BreakbeatError`` for an impossible configuration, `TensorError` for want of
  ///   memory. Call `Parameters.validate()` afterwards to see whether a file held
  ///   all parameters.
  public init(_ configuration: Configuration, _ parameters: Parameters) throws {
    try configuration.validate()
    self.configuration = configuration
    let channels = configuration.channels
    let column = PerAxis(y: configuration.gridHeight, x: 1)
    let top = channels[channels.count - 1]

    encoder = try zip([1] + channels, channels).enumerated().map { index, size in
      try Block(parameters.encoder[index], channels: size.1, groups: configuration.groups) {
        try Convolution2D(
          $0, from: size.0, to: size.1, kernel: 4, stride: 2, padding: 1)
      }
    }
    moments = try Convolution2D(
      parameters.moments, from: top, to: 2 * configuration.latentSize, kernel: column)
    expand = try TransposedConvolution2D(
      parameters.expand, from: configuration.latentSize, to: top, kernel: column)

    let rising = Array(channels.reversed())
    decoder = try zip(rising, rising.dropFirst()).enumerated().map { index, size in
      try Block(parameters.decoder[index], channels: size.1, groups: configuration.groups) {
        try TransposedConvolution2D(
          $0, from: size.0, to: size.1, kernel: 4, stride: 2, padding: 1)
      }
    }
    // Four of the kernel's sixteen weights meet at a pixel. A small start at the mean of all
    // pictures lets the calibrated likelihood begin near its working point.
    let deviation = 0.3 * (2 / Float(4 * channels[0])).squareRoot()
    picture = try TransposedConvolution2D(
      parameters.picture, from: channels[0], to: 1, kernel: 4, stride: 2, padding: 1,
      initialWeight: .normal(deviation: deviation), initialBias: .constant(0.43))
  }

  /// The latents' distribution for a batch of pictures.
  public func encode(_ pictures: Tensor) -> LatentDistribution {
    let features = encoder.reduce(pictures) { x, block in block(x) }
    let both = moments(features)
    let size = configuration.latentSize
    return LatentDistribution(
      mean: both.sliced(axis: 1, 0..<size),
      logVariance: both.sliced(axis: 1, size..<2 * size).clamped(to: -10...10))
  }

  /// The pictures of a batch of latents: not limited to 0...1.
  public func decode(_ latents: Tensor) -> Tensor {
    picture(decoder.reduce(silu(expand(latents))) { x, block in block(x) })
  }
}

extension BreakbeatVAE {
  /// A diagonal Gaussian for each latent number.
  public struct LatentDistribution: Sendable {
    /// Means, `[N, latentSize, 1, columns]`.
    public let mean: Tensor
    /// Logarithms of the variances, same shape, within ±10.
    public let logVariance: Tensor
  }

  /// A convolution that halves or doubles the picture, normalization, SiLU.
  struct Block<Layer: PictureLayer>: Sendable {
    let convolution: Layer
    let normalization: GroupNormalization

    init(
      _ parameters: Parameters, channels: Int, groups: Int, _ layer: (Parameters) throws -> Layer
    ) throws {
      convolution = try layer(parameters.convolution)
      normalization = try GroupNormalization(
        parameters.normalization, channels: channels, groups: groups)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { silu(normalization(convolution(x))) }
  }
}
