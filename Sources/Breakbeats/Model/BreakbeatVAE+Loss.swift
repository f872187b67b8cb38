import NeuralNetworks
public import Tensors

extension BreakbeatVAE {
  /// What a training step computes and reports.
  public struct Loss: Sendable {
    /// The number to minimise, `[]`: ½ (ln MSE + 1) + (β/D)·KL, where each latent number's part of KL
    /// counts at least its free nats.
    public let total: Tensor
    /// The mean squared error over the batch, `[]`.
    public let squaredError: Tensor
    /// The divergence from the standard normal distribution in nats, summed over the latents and
    /// averaged over the batch, `[]`.
    public let divergence: Tensor
    /// The batch mean of the divergence of each latent number, `[latentSize, 1, columns]`: those
    /// that stay near 0 are not in use.
    public let divergences: Tensor
    /// The decoded pictures, `[N, 1, bands, frames]`.
    public let reconstruction: Tensor
    /// The latents' distribution.
    public let latents: LatentDistribution
  }

  /// The loss of a batch of pictures under a calibrated Gaussian likelihood.
  ///
  /// - Parameters:
  ///   - pictures: `[N, 1, bands, frames]`.
  ///   - noise: Standard normal numbers, `[N, latentSize, 1, columns]`.
  ///   - weight: β/D, the weight of the divergence beside the likelihood *per pixel*; a scalar, so
  ///     that it may change from step to step.
  ///   - freeNats: Nats that each latent number may carry for nothing ("free bits", Kingma et al.
  ///     2016); ``Loss/divergence`` is reported without them.
  /// - Returns: Expressions; nothing is computed yet.
  ///
  /// Source: Rybkin, Daniilidis, Levine, "Simple and effective VAE training with calibrated
  /// decoders" (2021).
  public func loss(_ pictures: Tensor, noise: Tensor, weight: Tensor, freeNats: Double = 0) -> Loss
  {
    let latents = encode(pictures)
    let drawn = reparameterize(
      mean: latents.mean, logVariance: latents.logVariance, noise: noise)
    let reconstruction = decode(drawn)
    let error = squaredError(reconstruction, pictures)
    let likelihood = calibratedGaussian(reconstruction, pictures)
    let divergences =
      divergenceFromStandardNormal(mean: latents.mean, logVariance: latents.logVariance)
      .mean(over: [0])
    let divergence = divergences.sum()
    let priced =
      freeNats > 0
      ? NeuralNetworks.divergence(ofMeans: divergences, freeNats: Float(freeNats)) : divergence
    return Loss(
      total: likelihood + weight * priced, squaredError: error, divergence: divergence,
      divergences: divergences, reconstruction: reconstruction, latents: latents)
  }

  /// β/D at full strength: what a nat of divergence costs beside the likelihood per pixel.
  public static let divergenceWeight: Double = 10 / 4096
}
