import NeuralNetworks
import SpectralAudio
public import Tensors

extension BreakbeatVAE {
  /// What the loss needs to know of pictures: sums, so that those of the parts of a batch add up to
  /// those of the whole.
  public struct LossSums: Sendable {
    /// The squared errors of all pixels, `[]`.
    public var squaredError: Tensor
    /// The divergence of each latent number, summed over the pictures, `[latentSize, 1, columns]`.
    public var divergences: Tensor

    /// Both, in a fixed order.
    public var all: [Tensor] { [squaredError, divergences] }

    /// Sums from elsewhere, for example from the variables that they were added up in.
    public init(squaredError: Tensor, divergences: Tensor) {
      self.squaredError = squaredError
      self.divergences = divergences
    }
  }

  /// The sums of pictures.
  ///
  /// - Parameters:
  ///   - pictures: `[N, 1, bands, frames]`.
  ///   - noise: Standard normal numbers, `[N, latentSize, 1, columns]`.
  ///   - shares: `[N]`, 1 for pictures that count and 0 for those that only fill the batch; `nil`
  ///     when all count.
  public func lossSums(_ pictures: Tensor, noise: Tensor, shares: Tensor? = nil) -> LossSums {
    let latents = encode(pictures)
    let drawn = reparameterize(mean: latents.mean, logVariance: latents.logVariance, noise: noise)
    let difference = decode(drawn) - pictures
    var errors = difference * difference
    var divergences = divergenceFromStandardNormal(
      mean: latents.mean, logVariance: latents.logVariance)
    if let shares {
      let column = shares.reshaped(to: [shares.shape[0], 1, 1, 1])
      errors = errors.sum(over: [1, 2, 3]) * shares
      divergences = divergences * column
    }
    return LossSums(squaredError: errors.sum(), divergences: divergences.sum(over: [0]))
  }

  /// The loss of a batch from its sums: the same numbers as ``loss(_:noise:weight:freeNats:)`` gives.
  ///
  /// - Parameters:
  ///   - sums: Of all pictures of the batch.
  ///   - count: Pictures of the batch.
  ///   - weight: β/D, a scalar.
  ///   - freeNats: Nats that each latent number may carry for nothing.
  /// - Returns: Scalars, and the batch mean of the divergence of each latent number.
  public func loss(
    of sums: LossSums, count: Int, weight: Tensor, freeNats: Double = 0
  ) -> (total: Tensor, squaredError: Tensor, divergence: Tensor, divergences: Tensor) {
    let error = sums.squaredError / Float(count * configuration.spectrogram.pixelCount)
    let divergences = sums.divergences / Float(count)
    let divergence = divergences.sum()
    let priced =
      freeNats > 0
      ? NeuralNetworks.divergence(ofMeans: divergences, freeNats: Float(freeNats)) : divergence
    let total = (log(error) + 1) * 0.5 + weight * priced
    return (total, error, divergence, divergences)
  }
}
